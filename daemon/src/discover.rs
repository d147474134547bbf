//! Finds endpoints on the lines we own, gives them ids, and watches that they stay who they are.
