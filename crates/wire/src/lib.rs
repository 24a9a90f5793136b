//! How AWS talks: schema-driven shapes, codecs, SigV4, faults; knows no service
