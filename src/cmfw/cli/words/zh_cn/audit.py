"""Chinese words: audit."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # who
    "who.several": "状态的地址属于多个组或主机",
    "who.nothing": "状态的地址不足以判断",
    "who.asked": "按指定",
    "who.addresses": "根据其地址",
    "who.only": "唯一的客户端组",
    # audit, demo
    "audit.all_work": "{who}：全部 {count} 个功能正常。",
    "audit.some_work": "{who}：{count} 个功能中有 {works} 个正常；{rest}。",
    "audit.broken": "{count} 个中断（{names}）",
    "audit.degraded": "{count} 个降级（{names}）",
    "audit.unknown": "{count} 个未定（{names}）",
    "audit.and": "，",
    "audit.comma": "；",
    "audit.source": "{path}：{format}，{total} 条规则，其中 {active} 条启用",
    "audit.judged_as": "按“{name}”判断（{by}）",
    "audit.profile": "“{profile}”配置文件：{settings}",
    "audit.inbound.allow": "默认允许传入连接",
    "audit.inbound.block": "默认阻止传入连接",
    "audit.inbound.unknown": "传入连接的默认操作未定",
    "audit.outbound.allow": "默认允许传出",
    "audit.outbound.block": "默认阻止传出",
    "audit.outbound.unknown": "传出的默认操作未定",
    "audit.shields_up": "无论规则如何都阻止所有传入连接",
    "audit.local_rules_off": "本地规则不生效",
    "audit.firewall.off": "防火墙已关闭",
    "audit.firewall.unknown": "防火墙是否开启未定",
    "audit.column.feature": "功能",
    "audit.column.peer": "对端",
    "audit.column.status": "状态",
    "audit.column.reason": "障碍",
    "audit.peers": "其他客户端",
    "audit.trouble": "{feature} ({id})：{status}",
    "audit.between": "{clients} 与 {peers} 之间",
    "audit.blocked": "此流量无法通过：",
    "audit.undecided": "此流量无法判断：",
    "audit.setting_off": "已关闭：{setting}",
    "audit.more": "另有 {count} 条",
    "audit.repair": "最小的修复：",
    "audit.gpo_place": "（请把 {place} 换成域名和组策略对象的名称）",
    "audit.alternatives": "目前可用的替代途径：",
    "audit.findings": "发现",
    "audit.gaps": "证据未显示的内容",
    "status.broken": "中断",
    "status.degraded": "降级",
    "status.works": "正常",
    "status.disabled": "已关闭",
    "status.unknown": "未定",
    "demo.next": "接下来用您自己的计算机试试",
    "demo.steps": "1. 描述您的站点；三行就够，起始文件解释其余的键：\n"
    "$ cmfw site new site.toml\n"
    "2. 在客户端上以管理员身份保存其防火墙配置：\n"
    "$ reg save HKLM\\SYSTEM client.hive\n"
    "3. 在任何系统上提问：\n"
    "$ cmfw audit site.toml client.hive\n"
    '$ cmfw trace client.hive --flow "in tcp 10.20.1.10 > 10.30.0.17:445 profile=domain"\n'
    "$ cmfw explain client_push\n"
    "配置单元之后还可以加上组策略备份（文件夹或 zip）；它们共同描述同一台计算机。要试用此示例的文件：cmfw demo --files example",
    # presence of a documented exception
    "presence.present": "已存在",
    "presence.partly": "仅部分存在",
    "presence.missing": "缺失",
    "presence.ignored": "存在，但本地规则不生效",
    "presence.local_subnet": "存在，但仅对本地子网有效",
    "finding.feature": "“{title}”",
    "finding.features": "、",
    "way.in": "入站",
    "way.out": "出站",
    "finding.head": "{severity}：{title} [{code}]",
    "finding.subject": "{subject}：",
    "finding.echo": "ICMP 回显请求（类型 8）",
    "audit.gap": "{detail}（{code}）",
    "part.addresses": "远程地址",
    "part.ports": "端口",
    "part.protocols": "协议",
    "part.profiles": "配置文件",
    "part.programs": "程序",
    "disabled.site.fsp": "站点文件中没有回退状态点",
    "gap.no_gpo_source": "未提供组策略或 MDM 策略：仅按本地策略判断",
    "gap.no_local_source": "未提供本地策略：按没有本地策略判断",
    "gap.dirty_hive": "未读取仍在配置单元日志文件中的更改",
    "gap.partial_export": "没有文件包含本地规则",
    "gap.default_settings": "没有文件包含配置文件设置：按 Windows 默认值判断",
}
