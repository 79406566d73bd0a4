"""The lab: a site in network namespaces, where real packets prove what a plan or a machine lets pass. Linux only."""
