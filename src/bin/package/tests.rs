//! Tests of deflate and zip files against an inflater and a reader that accept nothing malformed, and of the
//! files, sizes and commands of a package.

use std::fs;
use std::path::{Path, PathBuf};

use super::deflate::deflate;
use super::zip::{self, File, crc_32};
use super::{UNZIPPED_LEN_MAX, ZIP_LEN_MAX, base64, bytes_of, commands, include, sha256};

/// Reads bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> usize {
        let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }

    fn bits(&mut self, n: u32) -> usize {
        (0..n).map(|place| self.bit() << place).sum()
    }

    /// Reads a symbol bit by bit. `lengths` are those of the canonical codes (RFC 1951, section 3.2.2).
    fn symbol(&mut self, lengths: &[usize]) -> usize {
        let (mut code, mut first) = (0, 0);
        for len in 1..=15 {
            code = code << 1 | self.bit();
            let mut with_len = (0..lengths.len()).filter(|symbol| lengths[*symbol] == len);
            let n = with_len.clone().count();
            if code < first + n {
                return with_len.nth(code - first).unwrap();
            }
            first = (first + n) << 1;
        }
        panic!("no such code");
    }
}

/// Asserts that codes of these lengths are complete: a single code, or each string of bits begins with one.
fn assert_complete(lengths: &[usize]) {
    let used = lengths.iter().filter(|len| **len > 0);
    let sum: usize = used.clone().map(|len| 1 << (15 - len)).sum();
    assert!(sum == 1 << 15 || used.count() <= 1, "{lengths:?}");
}

/// Inflates a whole stream, and returns the type of each of its blocks too.
fn inflate(stream: &[u8]) -> (Vec<u8>, Vec<usize>) {
    const LENGTHS: [(usize, u32); 29] = bases::<29>(3, 8, 4);
    const DISTANCES: [(usize, u32); 30] = bases::<30>(1, 4, 2);
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let mut bits = Bits {
        bytes: stream,
        at: 0,
    };
    let (mut out, mut types) = (Vec::new(), Vec::new());
    loop {
        let is_last = bits.bit() == 1;
        types.push(bits.bits(2));
        let (literals, distances) = match types[types.len() - 1] {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let len = bits.bits(16);
                assert_eq!(bits.bits(16), !len & 0xffff);
                out.extend((0..len).map(|_| bits.bits(8) as u8));
                (Vec::new(), Vec::new())
            }
            1 => {
                let lens = [(8, 144), (9, 112), (7, 24), (8, 8)];
                let literals = lens.iter().flat_map(|(len, n)| vec![*len; *n]);
                (literals.collect(), vec![5; 30])
            }
            2 => {
                let (n_literals, n_distances) = (bits.bits(5) + 257, bits.bits(5) + 1);
                assert!(n_literals <= 286 && n_distances <= 30);
                let n_lengths = bits.bits(4) + 4;
                let mut lengths = [0; 19];
                for symbol in &ORDER[..n_lengths] {
                    lengths[*symbol] = bits.bits(3);
                }
                assert_complete(&lengths);
                let mut all: Vec<usize> = Vec::new();
                while all.len() < n_literals + n_distances {
                    let (len, n) = match bits.symbol(&lengths) {
                        16 => (all[all.len() - 1], 3 + bits.bits(2)),
                        17 => (0, 3 + bits.bits(3)),
                        18 => (0, 11 + bits.bits(7)),
                        len => (len, 1),
                    };
                    all.resize(all.len() + n, len);
                }
                assert_eq!(all.len(), n_literals + n_distances);
                let distances = all.split_off(n_literals);
                assert_complete(&all);
                assert_complete(&distances);
                (all, distances)
            }
            _ => panic!("a block of type 3"),
        };
        while !literals.is_empty() {
            match bits.symbol(&literals) {
                256 => break,
                literal @ 0..256 => out.push(literal as u8),
                length => {
                    let (base, n_bits) = LENGTHS[length - 257];
                    let len = base + bits.bits(n_bits);
                    let (base, n_bits) = DISTANCES[bits.symbol(&distances)];
                    let distance = base + bits.bits(n_bits);
                    for _ in 0..len {
                        out.push(out[out.len() - distance]);
                    }
                }
            }
        }
        if is_last {
            break;
        }
    }
    assert_eq!(bits.at.div_ceil(8), stream.len(), "bytes behind the stream");
    (out, types)
}

/// The tables of section 3.2.5: `n_direct` symbols without more bits, then each number of bits for
/// `n_each` symbols.
const fn bases<const N: usize>(first: usize, n_direct: usize, n_each: usize) -> [(usize, u32); N] {
    let mut bases = [(0, 0); N];
    let (mut symbol, mut base) = (0, first);
    while symbol < N {
        let n_bits = if symbol < n_direct {
            0
        } else {
            (symbol - n_direct) / n_each + 1
        };
        bases[symbol] = (base, n_bits as u32);
        base += 1 << n_bits;
        symbol += 1;
    }
    // The longest match has a symbol of its own.
    if N == 29 {
        bases[28] = (258, 0);
    }
    bases
}

#[track_caller]
fn check(input: &[u8], len_max: usize) -> Vec<usize> {
    let stream = deflate(input);
    let (output, types) = inflate(&stream);
    assert!(output == input, "{} bytes", input.len());
    assert!(
        stream.len() <= len_max,
        "{} bytes become {}",
        input.len(),
        stream.len()
    );
    types
}

/// Bytes that no code makes shorter.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// The second number of each is what `gzip -9` makes of the input, without its head and trailer, or
/// the number in a comment.
#[test]
fn streams_inflate_to_their_input_and_are_short() {
    check(b"", 2);
    // gzip chooses fixed codes: 3.
    check(b"a", 6);
    // Likewise: 8.
    check(b"abcabcabcabc", 17);
    check(&vec![0; 70_000], 87);
    check(include_bytes!("../../../LICENSE"), 635);
    let source = concat!(
        include_str!("deflate.rs"),
        include_str!("tests.rs"),
        include_str!("main.rs"),
    );
    check(source.as_bytes(), source.len() / 3);
}

#[test]
fn bytes_that_no_code_makes_shorter_are_stored() {
    for len in [4096, 65_536] {
        // One more than needed, since they may begin anywhere.
        let n_blocks_max = usize::div_ceil(len, 65_535) + 1;
        let types = check(&noise(len), len + 5 * n_blocks_max);
        assert!(types.iter().all(|block_type| *block_type == 0), "{types:?}");
    }
    // Text after it has codes again.
    let text = b"the quick brown fox jumps over the lazy dog; ".repeat(100);
    let types = check(&[noise(50_000), text].concat(), 50_300);
    assert_eq!(types, [0, 2]);
}

#[test]
fn matches_reach_as_far_as_they_may() {
    let noise = noise(40_000);
    // The largest distance that a match may have, then one byte more.
    for (between, len_max) in [(32_768 - 300, 32_820), (32_769 - 300, 33_100)] {
        let input = [&noise[..300], &noise[300..300 + between], &noise[..300]].concat();
        check(&input, len_max);
    }
    // Each length of a run: the longest match, and one more.
    for len in [2, 3, 4, 63, 64, 65, 258, 259, 260, 261, 516, 517, 518] {
        check(&vec![7; len], 20);
    }
}

/// Lengths around 64 KB, where stored blocks end, and around 256 KB, which are parsed at a time.
#[test]
fn lengths_at_borders() {
    let mut input = noise(65_537);
    for (at, byte) in input.iter_mut().enumerate() {
        if at % 97 < 80 {
            *byte = b'x';
        }
    }
    for len in [65_535, 65_537] {
        check(&input[..len], len / 4);
    }
    for len in (1 << 18) - 1..=(1 << 18) + 1 {
        check(&vec![0; len], 300);
    }
}

/// Counts that would make codes of more than 15 bits.
#[test]
fn codes_have_at_most_15_bits() {
    let mut input = Vec::new();
    let (mut a, mut b) = (1, 1);
    for byte in 0..20_u8 {
        // No three bytes occur twice, so that there are almost no matches.
        input.extend(vec![byte; a]);
        (a, b) = (b, a + b);
    }
    let mut state = 1_u64;
    for at in (1..input.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        input.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
    }
    check(&input, input.len() * 2 / 5);
}

/// 4 MB of zeros take about as long as 32 KB of noise. A parse of each byte would take a hundred times as long.
#[test]
fn repetitive_input_is_fast() {
    let time = |input: &[u8]| {
        let start = std::time::Instant::now();
        (deflate(input).len(), start.elapsed())
    };
    let other = noise(1 << 15);
    // The machine may be busy during one of the two.
    let is_fast = || {
        let (_, of_other) = time(&other);
        let (len, of_zeros) = time(&vec![0; 4 << 20]);
        assert!(len < 4200, "{len} bytes");
        of_zeros < 5 * of_other
    };
    assert!((0..5).any(|_| is_fast()));
}

#[test]
fn known_checksums() {
    assert_eq!(crc_32(b""), 0);
    assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn zip_files_have_the_mode_of_each_file_and_a_fixed_date() {
    let text = b"abcabcabcabc".to_vec();
    let file = |name: &str, mode, bytes| File {
        name: name.into(),
        mode,
        bytes,
    };
    let files = [file("bootstrap", 0o755, text), file("é", 0o644, Vec::new())];
    let zip = zip::write(&files).unwrap();
    let packed = files.each_ref().map(|file| deflate(&file.bytes));
    let u32_at = |at: usize| u32::from_le_bytes(*zip[at..].first_chunk().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(*zip[at..].first_chunk().unwrap());
    let (mut local, mut central) = (0, zip.len() - 22 - 46 - 9 - 46 - 2);
    assert_eq!(
        u32_at(zip.len() - 6) as usize,
        central,
        "where the directory is"
    );
    for (File { name, mode, bytes }, packed) in files.iter().zip(&packed) {
        assert_eq!(zip[local..local + 4], *b"PK\x03\x04");
        assert_eq!(zip[central..central + 4], *b"PK\x01\x02");
        assert_eq!(u16_at(central + 4) >> 8, 3, "made on Unix");
        assert_eq!(u32_at(central + 38) >> 16, 0o100_000 | mode);
        assert_eq!(u32_at(central + 42) as usize, local);
        for head in [local + 4, central + 6] {
            let flags = if name.is_ascii() { 0 } else { 8 };
            assert_eq!(zip[head..head + 10], [20, 0, 0, flags, 8, 0, 0, 0, 33, 0]);
            assert_eq!(u32_at(head + 10), crc_32(bytes));
            assert_eq!(u32_at(head + 14) as usize, packed.len());
            assert_eq!(u32_at(head + 18) as usize, bytes.len());
            assert_eq!(u16_at(head + 22) as usize, name.len());
            assert_eq!(u16_at(head + 24), 0, "no extra field");
        }
        local += 30 + name.len();
        assert_eq!(zip[local - name.len()..local], *name.as_bytes());
        assert_eq!(zip[local..local + packed.len()], packed[..]);
        local += packed.len();
        central += 46 + name.len();
        assert_eq!(zip[central - name.len()..central], *name.as_bytes());
    }
    assert_eq!(central, zip.len() - 22);
    let end = [*b"PK\x05\x06", [0; 4], [2, 0, 2, 0]].concat();
    assert_eq!(zip[central..central + 12], end);
}

#[test]
fn known_base64() {
    let digest = sha256::digest(b"", &[]);
    assert_eq!(
        base64(&digest),
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    );
}

#[test]
fn sizes_have_decimal_and_binary_units() {
    for (size, bytes) in [
        ("0", 0),
        ("40000", 40_000),
        ("040", 40),
        ("40k", 40_000),
        ("40K", 40_000),
        ("40kB", 40_000),
        ("40KB", 40_000),
        ("40Ki", 40_960),
        ("40KiB", 40_960),
        ("40kiB", 40_960),
        ("1M", 1_000_000),
        ("1MB", 1_000_000),
        ("1MiB", 1_048_576),
    ] {
        assert_eq!(bytes_of(size), Ok(bytes), "{size}");
    }
    for size in [
        "",
        "k",
        "40 k",
        "1.5M",
        "-1",
        "+1",
        "40b",
        "40Kb",
        "1G",
        "40K40",
        "99999999999999999999",
    ] {
        let want = format!("--max-zip {size}: expected bytes, such as 40000, 40k, 40KiB or 1M");
        assert_eq!(bytes_of(size), Err(want));
    }
    assert!(bytes_of("18446744073709551615k").is_err());
}

#[test]
fn commands_create_and_update_the_function_with_its_architecture() {
    let create = "aws lambda create-function --function-name f --runtime provided.al2023 --architectures arm64 \
                  --handler f --role arn:aws:iam::ACCOUNT:role/ROLE";
    let update = "aws lambda update-function-code --function-name f --architectures arm64";
    let zip = "--zip-file 'fileb://a b/function.zip'";
    assert_eq!(
        commands("f", "arm64", false, "a b/function.zip", ZIP_LEN_MAX),
        format!("{create} {zip}\n{update} {zip}\n")
    );
    // Lambda takes a larger zip from S3 only.
    assert_eq!(
        commands("f", "arm64", false, "a b/function.zip", ZIP_LEN_MAX + 1),
        format!(
            "aws s3 cp 'a b/function.zip' s3://BUCKET/f.zip\n{create} --code S3Bucket=BUCKET,S3Key=f.zip\n\
             {update} --s3-bucket BUCKET --s3-key f.zip\n"
        )
    );
    let publish =
        "aws lambda publish-layer-version --layer-name f --compatible-architectures arm64";
    assert_eq!(
        commands("f", "arm64", true, "a b/function.zip", ZIP_LEN_MAX),
        format!("{publish} {zip}\n")
    );
    assert_eq!(
        commands("f", "arm64", true, "layer.zip", ZIP_LEN_MAX + 1),
        format!(
            "aws s3 cp layer.zip s3://BUCKET/f.zip\n{publish} --content S3Bucket=BUCKET,S3Key=f.zip\n"
        )
    );
}

/// Returns an empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("package-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Checks the names of the included files, with a space behind each one, or the error.
#[track_caller]
fn check_included(root: &Path, paths: &[&str], want: Result<&str, &str>) {
    let files = include::files(root, &root.join("out"), paths.iter().copied());
    let names = files.map(|files| {
        files
            .into_iter()
            .map(|file| file.name + " ")
            .collect::<String>()
    });
    let names = names.map_err(|error| error.replace(root.to_str().unwrap(), "ROOT"));
    assert_eq!(names.as_deref().map_err(|e| &**e), want, "{paths:?}");
}

#[test]
fn included_files_are_sorted_and_have_the_path_that_was_named() {
    let root = folder("included");
    for file in ["b", "a/c", "a/b/d", "a-b", "a/.hidden"] {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    fs::create_dir_all(root.join("empty/too")).unwrap();
    check_included(&root, &[], Ok(""));
    check_included(&root, &["b", "a"], Ok("a/.hidden a/b/d a/c b "));
    check_included(&root, &["./a//b/", "a/b/d", "a/./b"], Ok("a/b/d "));
    check_included(&root, &["a-b", "b", "a/c"], Ok("a-b a/c b "));
    let below = "expected a path below the current folder, without `..`, since the file has the same path in the zip";
    for path in ["/etc/hosts", "../b", "a/../b", ".."] {
        check_included(&root, &[path], Err(&format!("--include {path}: {below}")));
    }
    let all = "--include .: expected a file or folder in the current folder, not all of it";
    check_included(&root, &["."], Err(all));
    let absent = "cannot read ROOT/absent: No such file or directory (os error 2)";
    check_included(&root, &["b", "absent"], Err(absent));
    check_included(
        &root,
        &["empty"],
        Err("--include empty: the folder has no files"),
    );
    // The file is sparse, and none of it is read.
    let large = fs::File::create(root.join("large")).unwrap();
    large.set_len(UNZIPPED_LEN_MAX + 1).unwrap();
    let limit = "--include large: Lambda allows 262144000 bytes of unzipped files (250 MB), and there are more";
    check_included(&root, &["large"], Err(limit));
    fs::remove_dir_all(root).unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_folder_only() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let outside = folder("outside");
    let root = outside.join("root");
    fs::create_dir_all(root.join("a")).unwrap();
    fs::write(root.join("a/file"), "1").unwrap();
    fs::write(outside.join("secret"), "2").unwrap();
    fs::set_permissions(root.join("a/file"), fs::Permissions::from_mode(0o700)).unwrap();
    for (link, to) in [
        ("inside", "a/file"),
        ("folder", "a"),
        ("out", "../secret"),
        ("b/loop", "../b"),
        ("broken", "absent"),
    ] {
        fs::create_dir_all(root.join(link).parent().unwrap()).unwrap();
        symlink(to, root.join(link)).unwrap();
    }
    check_included(&root, &["inside", "folder"], Ok("folder/file inside "));
    let files = include::files(&root, &root, ["inside"].into_iter()).unwrap();
    assert_eq!((files[0].mode, &*files[0].bytes), (0o755, &b"1"[..]));
    let out = "--include out: the link leads out of the current folder";
    check_included(&root, &["out"], Err(out));
    let looped = "--include b/loop: the link leads to a folder that contains it";
    check_included(&root, &["b"], Err(looped));
    let broken = "cannot read ROOT/broken: No such file or directory (os error 2)";
    check_included(&root, &["broken"], Err(broken));
    fs::write(root.join("a/back\\slash"), "").unwrap();
    let out = "--include out: expected other files, found the folder of all packages";
    fs::remove_file(root.join("out")).unwrap();
    fs::create_dir(root.join("out")).unwrap();
    check_included(&root, &["out"], Err(out));
    let paths = include::paths(b"a\x1fb\xff\x1f".to_vec());
    let want = "--include b\u{fffd}: expected a path in UTF-8";
    assert_eq!(paths.unwrap_err(), want);
    let name = "--include a\nb: expected a name without control characters and `\\`";
    check_included(&root, &["a\nb"], Err(name));
    let name = "--include a/back\\slash: expected a name without control characters and `\\`";
    check_included(&root, &["a"], Err(name));
    fs::remove_dir_all(outside).unwrap();
}
