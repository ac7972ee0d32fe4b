//! What is deployed, run as it is deployed: the image's tree as its container would run it, every file of
//! settings by the program that reads it, two servers behind the proxy. No engine of containers is needed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

/// All under one name, so that the suite of everything else can leave them out.
#[path = "."]
mod deployed {
    mod cluster;
    mod compose;
    mod image;
    mod machine;
    mod proxy;
    mod redis;
    mod settings;
}
