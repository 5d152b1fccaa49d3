//! SHA-256 (FIPS 180-4). `src/bin/package` has this file as a module too.

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// The first 32 bits of the fractional parts of the square roots of the first 8 primes.
#[rustfmt::skip]
const INITIAL: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// Returns the SHA-256 of bytes and of the parts after them, one after the other.
pub(crate) fn digest(bytes: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Hash::new();
    hash.update(bytes);
    for part in parts {
        hash.update(part);
    }
    hash.finish()
}

/// The length of a block in bytes.
pub(crate) const BLOCK_LEN: usize = 64;

/// The hash of the bytes that were added so far.
pub(crate) struct Hash {
    state: [u32; 8],
    /// The block that is being filled.
    block: [u8; BLOCK_LEN],
    /// How many bytes were added.
    len: u64,
}

impl Hash {
    pub(crate) const fn new() -> Hash {
        Hash {
            state: INITIAL,
            block: [0; BLOCK_LEN],
            len: 0,
        }
    }

    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let filled = (self.len % 64) as usize;
            if let (0, Some((block, after))) = (filled, rest.split_first_chunk()) {
                // A whole block is not copied.
                compress(&mut self.state, block);
                self.len = self.len.wrapping_add(64);
                rest = after;
                continue;
            }
            let free = self.block.get_mut(filled..).unwrap_or_default();
            let n_added = rest.len().min(free.len());
            let (added, after) = rest.split_at_checked(n_added).unwrap_or_default();
            for (to, from) in free.iter_mut().zip(added) {
                *to = *from;
            }
            rest = after;
            self.len = self.len.wrapping_add(n_added as u64);
            if self.len % 64 == 0 {
                compress(&mut self.state, &self.block);
            }
        }
    }

    /// Returns the hash.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        // Section 5.1.1: a one, zeros up to 56 bytes of a block, the length in bits modulo 2^64.
        const PADDING: [u8; BLOCK_LEN] = {
            let mut padding = [0; BLOCK_LEN];
            padding[0] = 0x80;
            padding
        };

        let bit_len = self.len.wrapping_mul(8).to_be_bytes();
        let n_zeros = 55_u64.wrapping_sub(self.len) % 64;
        let n_padding = (n_zeros as usize).wrapping_add(1);
        self.update(PADDING.get(..n_padding).unwrap_or_default());
        self.update(&bit_len);
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(&self.state) {
            if let Some(bytes) = bytes.first_chunk_mut() {
                *bytes = word.to_be_bytes();
            }
        }
        digest
    }
}

/// Section 6.2.2.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the indices are less than 64"
)]
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK_LEN]) {
    let mut words = [0_u32; 64];
    let mut rest = block.as_slice();
    for word in &mut words {
        let Some((bytes, after)) = rest.split_first_chunk() else {
            break;
        };
        *word = u32::from_be_bytes(*bytes);
        rest = after;
    }
    for t in 16..64 {
        let (x, y) = (words[t - 15], words[t - 2]);
        let small_0 = x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3;
        let small_1 = y.rotate_right(17) ^ y.rotate_right(19) ^ y >> 10;
        words[t] = words[t - 16]
            .wrapping_add(small_0)
            .wrapping_add(words[t - 7])
            .wrapping_add(small_1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (k, word) in K.iter().zip(&words) {
        let big_0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let big_1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let t1 = h
            .wrapping_add(big_1)
            .wrapping_add((f ^ g) & e ^ g)
            .wrapping_add(*k)
            .wrapping_add(*word);
        let t2 = big_0.wrapping_add(a & b ^ a & c ^ b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
        (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));
    }
    for (sum, word) in state.iter_mut().zip(&[a, b, c, d, e, f, g, h]) {
        *sum = sum.wrapping_add(*word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], want: &str) {
        let digits = digest(bytes, &[]).map(|byte| format!("{byte:02x}"));
        assert_eq!(digits.concat(), want, "{} bytes", bytes.len());
    }

    /// The examples of FIPS 180, and the lengths at which the padding takes another block (made with
    /// `sha256sum`).
    #[test]
    fn known_digests() {
        check(
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        );
        check(
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
        check(
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        );
        check(
            &vec![b'a'; 1_000_000],
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        );
        check(
            &[b'a'; 55],
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
        );
        check(
            &[b'a'; 56],
            "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
        );
        check(
            &[b'a'; 63],
            "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
        );
        check(
            &[b'a'; 64],
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
        );
        check(
            &[b'a'; 65],
            "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0",
        );
        check(
            &[b'a'; 119],
            "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb",
        );
    }

    #[test]
    fn parts_are_hashed_one_after_the_other() {
        let bytes: Vec<u8> = (0..=255).collect();
        for cut in 0..bytes.len() {
            let (before, after) = bytes.split_at(cut);
            assert_eq!(digest(before, &[b"", after]), digest(&bytes, &[]), "{cut}");
        }
    }
}
