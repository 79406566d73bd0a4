"""Frozen values and their invariants: need, rule, host state, site, plan, verdict, finding. No input or output."""
