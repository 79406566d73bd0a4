"""How findings of this package are made, and the codes that name one another."""

from __future__ import annotations

from cmfw.model.finding import Finding, Severity

LOCAL_MERGE_OFF = "local-merge-off"


def finding(
    code: str,
    severity: Severity,
    subject: str,
    *,
    witness: str = "",
    repair: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
    depends_on: tuple[str, ...] = (),
    **args: object,
) -> Finding:
    """The finding, with every argument as text; empty evidence and arguments are left out."""
    return Finding(
        code=code,
        severity=severity,
        subject=subject,
        args=tuple((name, str(value)) for name, value in args.items() if str(value)),
        witness=witness,
        repair=repair,
        evidence=tuple(dict.fromkeys(text for text in evidence if text)),
        depends_on=depends_on,
    )
