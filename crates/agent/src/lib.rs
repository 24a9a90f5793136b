//! One node's tasks: what they are, what they should be, the next step.
