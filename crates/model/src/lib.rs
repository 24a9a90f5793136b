//! What we remember: records, who may move them, what must always hold
