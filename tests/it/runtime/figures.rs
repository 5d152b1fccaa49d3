//! Allocations per invocation: measured, and printed on a line that begins with `figure: `.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Mutex;

use tiny_lambda::handler;

use super::play;
use crate::support::runtime_api::{ACCEPTED, GET_NEXT, POST_RESPONSE, step};

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator with a counter of allocations per thread.
struct Counting;

// In a release build for musl the crate has its own allocator, and a program can have only one.
#[cfg(any(debug_assertions, not(target_env = "musl")))]
#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is the system allocator's with the same arguments, and counting allocates
// nothing: the counter is a constant at first, and has no destructor.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_ALLOCATIONS.set(N_ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        N_ALLOCATIONS.set(N_ALLOCATIONS.get() + 1);
        // SAFETY: as above; `block` came from `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; `block` came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

/// A reply to `next` with every header that Lambda sends.
const NEXT: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    Lambda-Runtime-Aws-Request-Id: 8476a536\r\n\
    Lambda-Runtime-Deadline-Ms: 1542409706888\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-2:123456789012:function:hello\r\n\
    Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419\r\n\
    Lambda-Runtime-Client-Context: {\"client\":{}}\r\n\
    Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"id\"}\r\n\
    Date: Fri, 16 Nov 2018 22:55:06 GMT\r\nContent-Length: 13\r\n\r\n{\"answer\":42}";

#[test]
#[cfg(any(debug_assertions, not(target_env = "musl")))]
fn the_runtime_allocates_nothing_in_a_warm_invocation() {
    const N: usize = 8;
    let script: Vec<_> = (0..N)
        .flat_map(|_| [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)])
        .collect();
    // The allocation counts of the thread at the begin and the end of the handler.
    let spans = Mutex::new(Vec::with_capacity(N));
    let echo = handler::bytes(|event, _| {
        let begin = N_ALLOCATIONS.get();
        let response = event.to_vec();
        spans.lock().unwrap().push((begin, N_ALLOCATIONS.get()));
        Ok(response)
    });
    let (requests, _) = play(&script, &echo);
    assert_eq!(requests.last().unwrap().text(), "{\"answer\":42}");
    let spans = spans.lock().unwrap();
    assert_eq!(spans.len(), N);
    assert!(
        spans.iter().all(|(begin, end)| *end == *begin + 1),
        "the handler's own allocation is counted"
    );
    // From the end of a handler to the begin of the next one; the first time buffers are made.
    let between = spans.windows(2).skip(1).map(|pair| pair[1].0 - pair[0].1);
    let most = between.max().unwrap();
    println!("figure: heap allocations per warm invocation, bytes: {most} (at most 0)");
    assert_eq!(most, 0);
}
