// SPDX-License-Identifier: MIT
//! Finds libjoinmem and tells cargo how to link with it.
//!
//! | environment variable | meaning |
//! |---|---|
//! | `JOINMEM_LIB_DIR` | the folder of `libjoinmem.so`, or of `libjoinmem.a`; pkg-config is not asked then |
//! | `JOINMEM_STATIC` | not set or `0`: link the shared library; `1`: link `libjoinmem.a` |
//! | `JOINMEM_STATIC_LIBS` | what `libjoinmem.a` of `JOINMEM_LIB_DIR` needs; default: `stdc++ numa` |
//! | `PKG_CONFIG` | the command, `pkg-config` by default; it reads `PKG_CONFIG_PATH` |
use std::{env, path::Path, process::exit, process::Command};

const READ: [&str; 7] = [
    "JOINMEM_LIB_DIR",
    "JOINMEM_STATIC",
    "JOINMEM_STATIC_LIBS",
    "PKG_CONFIG",
    "PKG_CONFIG_PATH",
    "PKG_CONFIG_LIBDIR",
    "PKG_CONFIG_SYSROOT_DIR",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in READ {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    if env::var_os("DOCS_RS").is_some() {
        return; // documentation needs no library
    }
    let is_static = match env::var("JOINMEM_STATIC").as_deref() {
        Err(_) | Ok("") | Ok("0") => false,
        Ok("1") => true,
        Ok(other) => fail(&format!("JOINMEM_STATIC is {:?}: give 0 or 1", other)),
    };
    match env::var("JOINMEM_LIB_DIR") {
        Ok(folder) if !folder.is_empty() => link_from(&folder, is_static),
        _ => link_by_pkg_config(is_static),
    }
}

/// Prints the reason and the remedy, and ends the build.
fn fail(reason: &str) -> ! {
    let version = env!("CARGO_PKG_VERSION");
    eprintln!(
        "joinmem-sys: cannot link with libjoinmem {version} or newer.\n\
         \x20   reason: {reason}\n\
         \x20   remedy: install the library (Debian: apt install libjoinmem-dev), or name its folder:\n\
         \x20     PKG_CONFIG_PATH=PREFIX/lib/pkgconfig  has joinmem.pc, or\n\
         \x20     JOINMEM_LIB_DIR=PREFIX/lib            has libjoinmem.so; with JOINMEM_STATIC=1, libjoinmem.a\n\
         \x20   To run the program LD_LIBRARY_PATH needs the folder of libjoinmem.so too, unless ldconfig knows it."
    );
    exit(1)
}

fn link_from(folder: &str, is_static: bool) {
    let file = if is_static { "libjoinmem.a" } else { "libjoinmem.so" };
    if !Path::new(folder).join(file).is_file() {
        fail(&format!("JOINMEM_LIB_DIR is {:?}, which has no {}", folder, file));
    }
    println!("cargo:rustc-link-search=native={}", folder);
    println!("cargo:libdir={}", folder);
    link("joinmem", is_static);
    if is_static {
        let needed = env::var("JOINMEM_STATIC_LIBS").unwrap_or_else(|_| "stdc++ numa".into());
        needed.split_whitespace().for_each(|name| link(name, false));
    }
}

fn link(name: &str, is_static: bool) {
    let kind = if is_static { "static" } else { "dylib" };
    println!("cargo:rustc-link-lib={}={}", kind, name);
}

fn link_by_pkg_config(is_static: bool) {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let mut command = Command::new(&program);
    if is_static {
        command.arg("--static");
    }
    command.args(["--print-errors", "--libs"]);
    command.arg(format!("joinmem >= {}", env!("CARGO_PKG_VERSION")));
    // Also the folders where the linker looks anyway: a static library is searched for by rustc.
    command.env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1");
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => fail(&format!("{} cannot be run: {}", program, error)),
    };
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        fail(&format!("{}: {}", program, reason.trim().replace('\n', "\n            ")));
    }
    for word in words(&String::from_utf8_lossy(&output.stdout)) {
        if let Some(folder) = word.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={}", folder);
            println!("cargo:libdir={}", folder);
        } else if let Some(name) = word.strip_prefix("-l") {
            link(name, is_static && name == "joinmem");
        } else if word == "-pthread" {
            link("pthread", false);
        }
    }
}

/// The words of pkg-config's output, in which a backslash keeps the space after it.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut kept) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        if !kept && letter == '\\' {
            kept = true;
            continue;
        }
        if !kept && letter.is_whitespace() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(letter);
        }
        kept = false;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
