"""What Inferfleet shows: panels defined once, and what is made of them.

``panels`` holds each panel's question, SQL, unit and drawing; ``boards`` arranges them; ``macros`` turns their SQL
into parameterised ClickHouse SQL for the collector's fleet page; ``grafana`` turns the same panels into Grafana
boards and alert rules. ``fleet_page`` is the page's front end. Imports nothing of the collector.
"""


