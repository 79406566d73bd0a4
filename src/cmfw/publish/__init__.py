"""Group Policy objects in a domain: created, updated, linked and rolled back so that no machine ever meets a mixture.

What a domain has (``gpo``), what it is to have (``wanted``) and the next step from one to the other (``steps``) are pure;
``run`` takes the steps through two narrow interfaces (``server``), which LDAP and SMB fill in a domain and memory in tests.
See docs/adr/0020-publishing-in-steps.md.
"""
