// The limit: a function for Lambda without any library, even C's. It has only the checks that it needs with
// a correct Runtime API, and makes raw system calls of Linux on x86_64 and arm64.
//
// It returns a greeting; with -DECHO it returns the event. The event is never copied, and sent with as few
// system calls as possible.
// Build: cc -Os -static -nostdlib -ffreestanding -fno-pie -no-pie function.c

typedef unsigned long word;

#if defined(__x86_64__)
enum { SYS_WRITE = 1, SYS_SENDTO = 44, SYS_RECVFROM = 45, SYS_SOCKET = 41, SYS_CONNECT = 42, SYS_EXIT = 231, SYS_SENDMSG = 46 };

static long call(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall begin\n");
#elif defined(__aarch64__)
enum { SYS_WRITE = 64, SYS_SENDTO = 206, SYS_RECVFROM = 207, SYS_SOCKET = 198, SYS_CONNECT = 203, SYS_EXIT = 94, SYS_SENDMSG = 211 };

static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = 0;
    register long x5 __asm__("x5") = 0;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

__asm__(".globl _start\n_start: mov x0, sp\nbl begin\n");
#endif

#ifdef ECHO
enum { EVENT_LEN_MAX = 6 << 20 };
#else
enum { EVENT_LEN_MAX = 4 << 10 };
#endif
enum { HEAD_LEN_MAX = 4 << 10 };

static char in[HEAD_LEN_MAX + EVENT_LEN_MAX];
#ifdef ECHO
static char out[HEAD_LEN_MAX];
#else
static char out[HEAD_LEN_MAX + EVENT_LEN_MAX];
#endif
static long fd;

__attribute__((noreturn)) static void fail(void) {
    static const char message[] = "unexpected answer of the Runtime API\n";
    call(SYS_WRITE, 2, (long)message, sizeof message - 1, 0);
    for (;;) call(SYS_EXIT, 1, 0, 0, 0);
}

static char *put(char *to, const char *text, word len) {
    while (len--) *to++ = *text++;
    return to;
}
#define PUT(to, literal) put(to, literal, sizeof literal - 1)

static char *id;
static word id_len, body_len;

// Whether `line` begins with `name`, in the case that Lambda's server writes it in.
static int is(const char *line, const char *name, word len) {
    while (len && *line == *name) line++, name++, len--;
    return !len;
}
#define IS(line, literal) is(line, literal, sizeof literal - 1)

// Reads the head in one pass: where the body begins, or 0 if the head has not ended.
static char *head(char *line, const char *end) {
    for (; line < end; line++) {
        if (*line == '\r') return line + 2 <= end ? line + 2 : 0;
        if (*line == 'C' && IS(line, "Content-Length: ")) {
            body_len = 0;
            for (line += sizeof "Content-Length: " - 1; *line >= '0' && *line <= '9'; line++)
                body_len = body_len * 10 + (*line - '0');
        } else if (*line == 'L' && IS(line, "Lambda-Runtime-Aws-Request-Id: ")) {
            line += sizeof "Lambda-Runtime-Aws-Request-Id: " - 1;
            for (id = line; *line != '\r' && line < end;) line++;
            id_len = line - id;
        }
        while (line < end && *line != '\n') line++;
    }
    return 0;
}

// What is sent: one part, or with -DECHO a head and a body that stand apart.
struct part {
    const char *from;
    word len;
};

// Sends `parts`, then receives a whole reply into `in`: where its body begins.
static char *exchange(struct part *parts, char **end) {
#ifdef ECHO
    word left = parts[0].len + parts[1].len;
    while (left) {
        // struct msghdr
        const word message[7] = {0, 0, (word)parts, 2, 0, 0, 0};
        long n = call(SYS_SENDMSG, fd, (long)message, 0x4000 /* MSG_NOSIGNAL */, 0);
        if (n <= 0) fail();
        left -= n;
        for (int i = 0; i < 2; i++) {
            word taken = (word)n < parts[i].len ? (word)n : parts[i].len;
            parts[i].from += taken;
            parts[i].len -= taken;
            n -= taken;
        }
    }
#else
    while (parts->len) {
        long n = call(SYS_SENDTO, fd, (long)parts->from, parts->len, 0x4000 /* MSG_NOSIGNAL */);
        if (n <= 0) fail();
        parts->from += n;
        parts->len -= n;
    }
#endif
    word got = 0, whole = 0;
    char *body = 0;
    id_len = 0;
    do {
#ifdef ECHO
        // What is known to come is waited for in one call.
        word room = body ? whole - got : sizeof in - got, flags = body ? 0x100 /* MSG_WAITALL */ : 0;
#else
        word room = sizeof in - got, flags = 0;
#endif
        long n = call(SYS_RECVFROM, fd, (long)(in + got), room, flags);
        if (n <= 0) fail();
        got += n;
        if (!body && (body = head(in, in + got))) {
            whole = body - in + body_len;
            if (whole > sizeof in) fail();
        }
    } while (!body || got < whole);
    *end = in + whole;
    return body;
}

__attribute__((noreturn, used)) void begin(word *stack) {
    char **env = (char **)(stack + 2 + stack[0]);
    char *api = 0;
    for (; *env && !api; env++) {
        const char *name = "AWS_LAMBDA_RUNTIME_API=";
        char *text = *env;
        while (*name && *text == *name) text++, name++;
        if (!*name) api = text;
    }
    if (!api) fail();
    // struct sockaddr_in: family, port and address, the latter two with the high byte first.
    unsigned char addr[16] = {2, 0};
    const char *authority = api;
    for (int i = 4; i < 8; i++, api++)
        while (*api >= '0' && *api <= '9') addr[i] = addr[i] * 10 + (*api++ - '0');
    unsigned port = 0;
    while (*api >= '0' && *api <= '9') port = port * 10 + (*api++ - '0');
    addr[2] = port >> 8;
    addr[3] = port;
    word authority_len = api - authority;

    fd = call(SYS_SOCKET, 2, 1, 0, 0);
    if (call(SYS_CONNECT, fd, (long)addr, sizeof addr, 0) != 0) fail();

    static char next[128];
    char *to = PUT(next, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: ");
    to = put(to, authority, authority_len);
    to = PUT(to, "\r\n\r\n");
    word next_len = to - next;
    for (;;) {
        char *end;
        struct part request[2] = {{next, next_len}, {0, 0}};
        char *event = exchange(request, &end);
        if (in[9] != '2' || !id_len) fail();
#ifdef ECHO
        const char *text = event;
        word text_len = end - event, extra_len = 0;
#else
        char *text = event;
        while (!IS(text, "\"name\":\""))
            if (++text >= end) fail();
        text += sizeof "\"name\":\"" - 1;
        word text_len = 0, extra_len = sizeof "{\"message\":\"Hello, !\"}" - 1;
        while (text + text_len < end && text[text_len] != '"')
            if (text[text_len++] == '\\') text_len++;
#endif
        to = PUT(out, "POST /2018-06-01/runtime/invocation/");
        to = put(to, id, id_len);
        to = PUT(to, "/response HTTP/1.1\r\nHost: ");
        to = put(to, authority, authority_len);
        to = PUT(to, "\r\nContent-Type: application/json\r\nContent-Length: ");
        char digits[8];
        word n_digits = 0;
        for (word rest = text_len + extra_len; rest || !n_digits; rest /= 10) digits[n_digits++] = '0' + rest % 10;
        while (n_digits) *to++ = digits[--n_digits];
        to = PUT(to, "\r\n\r\n");
#ifdef ECHO
        struct part answer[] = {{out, to - out}, {text, text_len}};
#else
        to = PUT(to, "{\"message\":\"Hello, ");
        to = put(to, text, text_len);
        to = PUT(to, "!\"}");
        struct part answer[] = {{out, to - out}};
#endif
        exchange(answer, &end);
        if (in[9] != '2') fail();
    }
}
