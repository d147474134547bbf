//! Following sensors, without a wire: the clock is paused and a function answers.
