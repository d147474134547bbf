//! The model and the events over OTLP.
