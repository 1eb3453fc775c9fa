"""Makes variants of a model through the converters of TensorFlow.js and ONNX Runtime.

A program of its own, in an environment of its own: TensorFlow 2.19 and the collector want different
versions of
numpy. ``inferfleet variants build`` starts it; nothing here knows the collector (docs/adr/0022).
"""
