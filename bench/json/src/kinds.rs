// The works: each kind of document is read, written, read as a tree and skipped. The file that includes this one
// defines, for its library, the macro `types`, the functions `read`, `write` and `skip`, `CAN_SKIP` and `Tree`.

types! {
    pub struct Feed { statuses: Vec<Status> }
    pub struct Status {
        created_at: String,
        id: u64,
        text: String,
        user: User,
        entities: Entities,
        retweet_count: u32,
        favorited: bool,
        in_reply_to: Option<u64>,
    }
    pub struct User { id: u64, name: String, screen_name: String, followers: u32, verified: bool }
    pub struct Entities { hashtags: Vec<Hashtag>, mentions: Vec<Mention> }
    pub struct Hashtag { text: String, indices: Vec<u32> }
    pub struct Mention { id: u64, screen_name: String, indices: Vec<u32> }

    pub struct Catalogue { products: Vec<Product> }
    pub struct Product {
        sku: String,
        name: String,
        description: String,
        price: f64,
        stock: i64,
        tags: Vec<String>,
        size: Size,
        available: bool,
    }
    pub struct Size { width: f64, height: f64, depth: f64 }

    pub struct Webhook { reference: String, after: String, repository: Repository, commits: Vec<Commit> }
    pub struct Repository { id: u64, full_name: String, clone_url: String, private: bool }
    pub struct Commit { id: String, message: String, author: Author, modified: Vec<String> }
    pub struct Author { name: String, email: String }

    pub struct Audit { records: Vec<AuditRecord> }
    pub struct AuditRecord { event_time: String, event_name: String, user: Identity, error_code: Option<String> }
    pub struct Identity { arn: String, account_id: String }
}

macro_rules! kinds {
    ($($name:literal $text:ident $type:ty;)*) => {
        fn measure_kinds() {
            $(if is_chosen($name) {
                let text = $text().into_bytes();
                measure(concat!($name, ", read"), || drop(black_box(read::<$type>(&text))));
                let value = read::<$type>(&text);
                measure(concat!($name, ", written"), || drop(black_box(write(&value))));
                drop(value);
                measure(concat!($name, ", to a tree"), || drop(black_box(read::<Tree>(&text))));
                if CAN_SKIP {
                    measure(concat!($name, ", skipped"), || skip(&text));
                }
            })*
        }
    };
}

kinds! {
    "hello" hello Hello;
    "HTTP API event, indented" http_api Event;
    "HTTP API event as sent" compact Event;
    "SQS batch" sqs Sqs;
    "records" records Vec<Record>;
    "coordinates" coordinates Vec<Vec<(f64, f64)>>;
    "prices" prices Vec<f64>;
    "floats of 17 digits" long_floats Vec<f64>;
    "floats near 1e-300" small_floats Vec<f64>;
    "embeddings" embedding Vec<f32>;
    "integers" integers Vec<i64>;
    "short strings" short_strings Vec<String>;
    "long strings" strings Vec<String>;
    "escaped strings" escapes Vec<String>;
    "escapes only" escapes_only Vec<String>;
    "non-ASCII strings" non_ascii Vec<String>;
    "feed" feed Feed;
    "catalogue" catalogue Catalogue;
    "webhook" webhook Webhook;
    "audit records" audit Audit;
}
