//! Where state lives, changes and is watched; knows no record
