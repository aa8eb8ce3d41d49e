#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py DIR - add up what script/test left in DIR; the last line is "N passed, N failed".

steps: lines "pass NAME" or "FAIL NAME"; *.json: Meson's test logs; *.xml: JUnit files of pytest.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ET

passed, skipped, failures = 0, 0, []
results = pathlib.Path(sys.argv[1])

steps = results / 'steps'
for line in steps.read_text().splitlines() if steps.exists() else []:
    word, name = line.split(' ', 1)
    if word == 'pass':
        passed += 1
    else:
        failures.append(name)

for path in sorted(results.glob('*.json')):
    for line in path.read_text().splitlines():
        test = json.loads(line)
        if test['result'] in ('OK', 'EXPECTEDFAIL'):
            passed += 1
        elif test['result'] == 'SKIP':
            skipped += 1
        else:
            failures.append(f'{path.stem}: {test["name"]} ({test["result"]})')

for path in sorted(results.glob('*.xml')):
    for case in ET.parse(path).iter('testcase'):
        if case.find('failure') is not None or case.find('error') is not None:
            failures.append(f'{path.stem}: {case.get("classname")}.{case.get("name")}')
        elif case.find('skipped') is not None:
            skipped += 1
        else:
            passed += 1

for name in failures:
    print(f'failed: {name}')
if skipped:
    print(f'{skipped} skipped')
print(f'{passed} passed, {len(failures)} failed')
sys.exit(1 if failures or not passed else 0)
