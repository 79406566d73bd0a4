"""English words: publishing a Group Policy object."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "publish.head": "Group Policy object `{title}` {id} in {domain}",
    "publish.password": "Password",
    "publish.rollback_alone": "--rollback brings links back too: it goes without --link and --unlink",
    "publish.steps": "Steps",
    "publish.step.add_entry": "create the object `{subject}` in the directory, not in force yet",
    "publish.step.add_container": "create its container {subject}",
    "publish.step.add_folder": "create its folder {subject}",
    "publish.step.secure": "give the folder {subject} the rights of the object",
    "publish.step.replace_file": "write {subject} beside the old one and let it take its place",
    "publish.step.remove_file": "remove {subject}",
    "publish.step.modify_entry": "{subject}, in one operation",
    "publish.step.modify_links": "change the links of {subject}",
    "publish.step.remove_entry": "remove the object from the directory",
    "publish.step.remove_folder": "remove its folder {subject}",
    "publish.note.computer_part_off": "The computer part of the object is switched off: no machine applies it.",
    "publish.note.wmi_filter": "The object has a WMI filter: machines that do not meet it do not apply it.",
    "publish.note.versions_differ": "The versions in the directory and in SYSVOL differ: an earlier run was interrupted, or replication is under way.",
    "publish.note.unannounced": "Registry.pol is not the one that GPT.INI announces: an earlier run was interrupted, or somebody edited the object. The next version announces it.",
    "publish.outcome.unchanged": "Nothing to do: the domain has it.",
    "publish.outcome.planned": "Nothing was changed; --apply takes the steps.",
    "publish.outcome.published": "Published. Machines apply it at their next refresh of Group Policy.",
    "publish.outcome.rolled_back": "Rolled back. Machines apply it at their next refresh of Group Policy.",
    "publish.backup": "backup: {path}",
}
