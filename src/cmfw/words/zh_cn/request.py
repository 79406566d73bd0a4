"""Chinese words: the headings of a rule request."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "request.id": "流量编号",
    "request.from_zone": "源区域",
    "request.source": "源",
    "request.source_addresses": "源地址",
    "request.to_zone": "目标区域",
    "request.target": "目标",
    "request.target_addresses": "目标地址",
    "request.protocol": "协议",
    "request.ports": "目标端口",
    "request.icmp": "ICMP 类型:代码",
    "request.necessity": "必要性",
    "request.reason_en": "英文原因",
    "request.reason_zh": "中文原因",
    "request.places": "文档出处",
    "request.ipsec": "IPsec 筛选器说明",
    "request.owner": "负责人",
    "request.ticket": "工单",
    "request.expiry": "有效期至",
}
