"""Write the parts of the documentation that follow from the code: site keys, what formats show, what targets can say, finding codes, verbs.

    python -m tools.pages

``test_site_file.py``, ``test_formats.py``, ``test_findings.py`` and ``test_verbs.py`` in ``tests/docs`` fail where a page and the code disagree.
"""

from __future__ import annotations

from tools import finding_pages, format_pages, lab_records, site_key_pages, target_pages, verb_pages

if __name__ == "__main__":
    for part in (site_key_pages, finding_pages, format_pages, lab_records, target_pages, verb_pages):
        for path, text in part.pages().items():
            path.write_text(text, encoding="utf-8", newline="\n")
