"""The answers in a browser: ``cmfw serve``. It shows and decides nothing; see docs/serve.md and docs/adr/0046-a-web-face-of-our-own-markup.md."""
