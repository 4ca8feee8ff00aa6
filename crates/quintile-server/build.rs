//! Puts the built page into the program: what lies in `$QUINTILE_PAGE_DIST`, else in `web/dist` of the repository. Where neither is,
//! the program shows a placeholder. The page is never built from here: that needs a network.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=QUINTILE_PAGE_DIST");
    let own = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is")).join("../../web/dist");
    let folder = std::env::var_os("QUINTILE_PAGE_DIST").map_or(own, PathBuf::from);
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.join("index.html").is_file() {
        collect(&folder, &folder, &mut files);
    }
    files.sort();
    let mut text = String::from("/// Files of the page.\nconst PAGE: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        writeln!(text, "    ({name:?}, include_bytes!({path:?})),").expect("a string takes all");
    }
    text.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write")).join("page.rs");
    std::fs::write(&out, text).expect("the folder of the build can be written to");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let entries = std::fs::read_dir(folder).expect("the folder of the page can be read");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("it lies in the folder").to_string_lossy().replace('\\', "/");
            files.push((name, path.canonicalize().expect("it is there")));
        }
    }
}
