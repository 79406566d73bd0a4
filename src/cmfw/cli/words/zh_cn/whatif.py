"""Chinese words: what if."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "whatif.nothing": "没有变化：全部 {count} 个功能保持不变。",
    "whatif.sentence": "{told}；{same} 个保持不变。",
    "whatif.features.worse": "{count} 个变差（{names}）",
    "whatif.features.undecided": "{count} 个未定（{names}）",
    "whatif.features.off": "{count} 个被关闭（{names}）",
    "whatif.features.better": "{count} 个变好（{names}）",
    "whatif.by_plan": "假定计算机的配置与计划完全一致：{names}",
    "whatif.by_state": "针对给出的计算机，按“{names}”判断",
    "whatif.column.clients": "客户端",
    "whatif.column.feature": "功能",
    "whatif.column.peer": "对端",
    "whatif.column.before": "更改前",
    "whatif.column.after": "更改后",
    "whatif.not_planned": "不在计划中",
    "whatif.head": "{feature} ({id})：{before} -> {after}",
    "whatif.fallback": "届时的承载途径：",
    "whatif.proof.allow.block": "此流量目前可以通过，更改后将无法通过：",
    "whatif.proof.allow.unknown": "此流量目前可以通过，更改后无法判断：",
    "whatif.proof.block.allow": "此流量目前无法通过，更改后将可以通过：",
    "whatif.proof.block.unknown": "此流量目前无法通过，更改后无法判断：",
    "whatif.proof.unknown.allow": "此流量目前无法判断，更改后将可以通过：",
    "whatif.proof.unknown.block": "此流量目前无法判断，更改后将无法通过：",
    "whatif.blocked": "届时需要此流量，但它无法通过：",
    "whatif.undecided": "届时需要此流量，但无法判断：",
    "whatif.filter": "假设的过滤器行阻止了此流量",
    "whatif.incomplete": "`{option}` 后面缺少内容",
    "whatif.alone": "`{option}` 必须写在它所限定的 --open 或 --close 之后",
}
