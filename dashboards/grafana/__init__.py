"""The panels as Grafana boards and alert rules."""
