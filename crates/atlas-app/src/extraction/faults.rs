//! Real faults on request, for tests: a page that says `<meta name="atlas-fault" content="hang">` hangs. Compiled
//! only with the feature `failpoints`; must never be reachable in a release.

use std::hint::black_box;

use atlas_extract::PageInput;

const MARK: &[u8] = b"<meta name=\"atlas-fault\" content=\"";

/// Does what the page asks for, for real.
pub(super) fn provoke(page: &PageInput) {
    let Some(at) = page.bytes.windows(MARK.len()).position(|window| window == MARK) else {
        return;
    };
    let fault = page.bytes[at + MARK.len()..]
        .split(|byte| *byte == b'"')
        .next()
        .unwrap_or_default();
    match fault {
        b"hang" => hang(),
        b"memory" => eat_memory(),
        b"stack" => drop(black_box(descend(0))),
        b"print" => print_to_stdout(),
        _ => panic!("fault on request"),
    }
}

fn hang() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn eat_memory() -> ! {
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1_u8; 1 << 20]);
        black_box(&eaten);
    }
}

fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX {
        0
    } else {
        descend(depth + 1) + frame[0]
    }
}

#[expect(clippy::print_stdout, reason = "what a careless library does")]
fn print_to_stdout() {
    println!("a careless library prints");
}
