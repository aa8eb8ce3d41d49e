# SPDX-License-Identifier: Apache-2.0
"""docs/cookbook.md: its recipes.  A recipe is a heading `### ...` with blocks of output below it (pages.py)."""
import re

import pages

DOCUMENT = pages.COOKBOOK


def recipes(text):
    """heading -> what stands below it"""
    parts = re.split(r'^### (.*)\n', text, flags=re.M)
    return dict(zip(parts[1::2], (re.split(r'^## ', part, flags=re.M)[0] for part in parts[2::2])))


def blocks(text):
    """(heading, block)"""
    return [(recipe, block) for recipe, part in recipes(text).items() for block in pages.blocks(part)]
