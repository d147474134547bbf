//! Events: who gets them, and what they say.
