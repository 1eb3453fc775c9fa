"""The hot path, in the order a report takes it: ``inflate`` -> ``decode`` -> ``spool`` -> ``drain`` ->
``columns``.

A report is acknowledged when the spool holds it durably (docs/adr/0002-spool.md); the drain moves it to the
store later. ``accounting`` counts every outcome: ``received = accepted + duplicate + rejected(reason)``.
"""
