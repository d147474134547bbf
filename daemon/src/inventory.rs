//! One pass over one component.
