"""The one schema shared by the browser and the collector.

``vocabulary`` (closed enums), ``report`` (browser -> collector), ``config_document`` (collector -> browser),
``histogram`` (the log histogram both sides speak), ``reasons`` (why something was refused) and ``export``
(JSON Schema and TypeScript from the same models). Imports nothing else of ours.
"""
