"""Chinese words: publishing a Group Policy object."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "publish.head": "{domain} 中的组策略对象“{title}” {id}",
    "publish.password": "密码",
    "publish.rollback_alone": "--rollback 会一并恢复链接，不能与 --link 或 --unlink 同时使用",
    "publish.steps": "步骤",
    "publish.step.add_entry": "在目录中创建对象“{subject}”，尚不生效",
    "publish.step.add_container": "创建其容器 {subject}",
    "publish.step.add_folder": "创建其文件夹 {subject}",
    "publish.step.secure": "为文件夹 {subject} 设置与该对象一致的权限",
    "publish.step.replace_file": "先写入新的 {subject}，再用它替换旧文件",
    "publish.step.remove_file": "删除 {subject}",
    "publish.step.modify_entry": "{subject}，一次操作完成",
    "publish.step.modify_links": "修改 {subject} 的链接",
    "publish.step.remove_entry": "从目录中删除该对象",
    "publish.step.remove_folder": "删除其文件夹 {subject}",
    "publish.note.computer_part_off": "该对象的计算机配置已被禁用：没有计算机会应用它。",
    "publish.note.wmi_filter": "该对象带有 WMI 筛选器：不满足条件的计算机不会应用它。",
    "publish.note.versions_differ": "目录与 SYSVOL 中的版本号不一致：之前的发布被中断，或者复制尚未完成。",
    "publish.note.unannounced": "Registry.pol 与 GPT.INI 所登记的不一致：之前的发布被中断，或者有人编辑过该对象。下一个版本号会使其生效。",
    "publish.outcome.unchanged": "无需更改：域中已经如此。",
    "publish.outcome.planned": "未做任何更改；使用 --apply 执行这些步骤。",
    "publish.outcome.published": "已发布。计算机在下次刷新组策略时应用。",
    "publish.outcome.rolled_back": "已回滚。计算机在下次刷新组策略时应用。",
    "publish.backup": "备份：{path}",
}
