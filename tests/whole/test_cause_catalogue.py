# SPDX-License-Identifier: Apache-2.0
"""The catalogue of replies: each number of it has a rule."""
import re

from conftest import ROOT

CATALOGUE = '''
    EX001-053 GO001-042 MS001-075 YA001-017 AP001-014 CC001-011 CX001-002 SP001-002 GD001 OR001-014 FR001 SF001 TO001-003
    UI001-010 WP001 BY001 IU001 MR001-004 YX001-003 QQ001-006 NE001-007 PP001-004 MC001-009 BA001-004 CI001-005 SY001-003
    CM001 TM001 CS001 SA001 RS001 AM001 ML001 ML010 BL001-015 PF001-051 DV001-008 SM001-012 GE001-035 ZO001-004 RA001
    PR001-002 IX001 TR001 ET001 ZS001 GX001-002 MX001-010'''
WRAPPERS = {
    'EX014': '"SMTP error from remote mail server after ...:" is put around a reply: the rules of whoever said it decide',
    'PF008': '"refused to talk to me:" is put around a reply',
    'PF009': '"host ... said: ... (in reply to ...)" is put around a reply',
    'PF037': '"delivery temporarily suspended:" is put around the reason',
}


def catalogue():
    for entry in CATALOGUE.split():
        family, first, last = re.fullmatch(r'([A-Z]{2})(\d{3})(?:-(\d{3}))?', entry).groups()
        for n in range(int(first), int(last or first) + 1):
            yield f'{family}{n:03}'


def rules():
    """(file, id, numbers, samples) of each rule."""
    for path in sorted((ROOT / 'data' / 'causes').glob('*.rules')):
        text = re.sub(r'\n[ \t]*\|[ \t]?', ' ', re.sub(r'(?m)^[ \t]*#.*\n', '', path.read_text()))
        for block in re.split(r'(?m)^cause[ \t]+', text)[1:]:
            fields = re.findall(r'(?m)^[ \t]+(number|sample)[ \t]+(.*\S)', block)
            yield path.name, block.split(None, 1)[0], [v for k, v in fields if k == 'number'], [v for k, v in fields if k == 'sample']


def test_every_number_has_a_rule():
    wanted = set(catalogue())
    named = {number for _, _, numbers, _ in rules() for number in numbers}
    assert sorted(wanted - named) == sorted(WRAPPERS)
    assert not named - wanted, 'numbers that the catalogue does not have'


def test_every_rule_has_samples():
    assert not [(file, id_) for file, id_, _, samples in rules() if not samples]
