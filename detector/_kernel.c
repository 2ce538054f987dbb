/* Measures many texts in one pass: fold, cut, hash, weigh.

   measures.py says the same in NumPy and is the specification; the tests hold both to equal bits. All sums are of
   integers. A text that the pass does not take (a web address, markup, bytes that are not UTF-8, more characters than
   LONGEST) gets a size of -1. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#if __GNUC__ >= 12
#define WIDE_LANES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define WIDE_LANES __attribute__((target_clones("avx2", "default")))
#endif
#else
#define WIDE_LANES
#endif

enum { DROPPED = 0, SPACE = 1, LETTER = 48, WIDE = 0x2E80 };
enum { UNIT = 16 };
enum { LONGEST = 1 << 16, TAIL = 16, LONGEST_WORD = 14, PLANES = 16, SURE_PLANES = 6, MOST_COLUMNS = 32, LANES = 16 };
enum { SUM, SIZE, PEAK, CHROME, WORDS, KNOWN, PLAIN, COLUMNS };
enum { UTF8 = 8, SYMBOLS = 16 }; /* how a text is held, beside Python's own kinds 1, 2 and 4 */

#define PAIR 0x9E3779B1u
#define MIX 0x85EBCA6Bu
#define WORD 0x01000193u

typedef struct {
    const void *data;
    Py_ssize_t length;
    int kind;
} Text;

typedef struct {
    int64_t *places; /* in code points of a text, ascending; folding makes them places among its symbols */
    Py_ssize_t count;
} Cuts;

/* A text, and where what is found of it goes. */
typedef struct {
    Text text;
    Cuts cuts;
    int64_t *out;
} Task;

typedef struct {
    int spaced, unspaced; /* orders of the windows in alphabets and in scripts of many signs */
    int words;            /* the longest run of words, 0 to 2 */
    int shift;            /* 32 less the bits of the table */
    int columns;          /* weights of a bucket, which lie together */
    const int8_t *table;
} Weights;

typedef struct {
    const uint16_t *symbols;
    Weights notice, chrome;
    const uint32_t *vocabulary; /* absent: only SUM and SIZE are asked for */
    int32_t cut;                /* what a symbol must weigh, in 1/UNIT, to lift PEAK */
    int32_t floor;              /* a peak below this interests no one */
} Model;

typedef struct {
    uint16_t symbols[LONGEST + 2 + TAIL];
    uint32_t one[LONGEST + 2 + TAIL], two[LONGEST + 2 + TAIL], four[LONGEST + 2 + TAIL];
    uint32_t hashes[LONGEST + 2 + TAIL], narrow[LONGEST + 2 + TAIL], half[LONGEST + 2 + TAIL];
    uint32_t words[LONGEST + 2 + TAIL];
    uint8_t begins[LONGEST + 2 + TAIL], finals[LONGEST + 2 + TAIL];
    int32_t sums[LONGEST + 2 + TAIL];
    int16_t weights[LONGEST + 2 + TAIL];
} Scratch;

/* Folding: the code points of a text become symbols, and runs of white space one. */


static inline uint16_t fold_code(const uint16_t *table, uint32_t code) { return table[code < 0xFFFF ? code : 0xFFFF]; }

/* Whether symbols must go: dropped ones, and spaces behind a space. */
WIDE_LANES
static int is_untidy(const uint16_t *symbols, Py_ssize_t size)
{
    uint16_t untidy = 0;
    for (Py_ssize_t i = 1; i < size; i++)
        untidy |= (symbols[i] == DROPPED) | ((symbols[i] == SPACE) & (symbols[i - 1] == SPACE));
    return untidy;
}

/* Leave them out, and move the cuts along; returns how many symbols stay. The first one is a space. */
static Py_ssize_t tidy(uint16_t *symbols, Py_ssize_t size, const Cuts *cuts)
{
    Py_ssize_t kept = 1, cut = 0;
    uint16_t last = SPACE;
    for (Py_ssize_t i = 1; i < size; i++) {
        uint16_t symbol = symbols[i];
        int stays = (symbol > SPACE) | ((symbol == SPACE) & (last != SPACE));
        for (; cut < cuts->count && cuts->places[cut] <= i; cut++)
            cuts->places[cut] = kept;
        symbols[kept] = symbol;
        kept += stays;
        last = stays ? symbol : last;
    }
    for (; cut < cuts->count; cut++)
        cuts->places[cut] = kept;
    return kept;
}

/* Whether there may be markup or an address (MARKED), a second line (BROKEN), bytes above ASCII (HIGH), or
   a bar or dash that folding forgets and a sentence may begin with (BARRED). In UTF-8 the second looks at the last
   bytes of a line end alone, which a few other characters share. */
enum { MARKED = 1, BROKEN = 2, HIGH = 4, BARRED = 8 };

#define SCAN(name, type, LINE_END, BAR)                                                                                \
    WIDE_LANES static int name(const type *codes, Py_ssize_t length)                                                   \
    {                                                                                                                  \
        type marked = 0, broken = 0, barred = 0, any = 0;                                                              \
        for (Py_ssize_t i = 0; i < length; i++) {                                                                      \
            any |= codes[i];                                                                                           \
            marked |= codes[i] == '<';                                                                                 \
        }                                                                                                              \
        for (Py_ssize_t i = 1; i < length; i++) {                                                                      \
            type one = codes[i - 1], code = codes[i];                                                                  \
            marked |= ((one == '/') & (code == '/')) | ((one == ']') & (code == '('));                                 \
            broken |= ((type)(code - '\n') <= 0x1E - '\n') | (LINE_END);                                               \
            barred |= (code == '|') | ((code == '-') & ((one <= ' ') | (one >= 0x80))) | (BAR);                        \
        }                                                                                                              \
        return (marked ? MARKED : 0) | (broken ? BROKEN : 0) | (barred ? BARRED : 0) | (any & 0x80 ? HIGH : 0);        \
    }

#define WIDE_END (code == 0x85) | ((code | 1) == 0x2029)
#define WIDE_BAR (code == 0xB7) | (code == 0x2022) | (code == 0x2013) | (code == 0x2014)
SCAN(scan_utf8, uint8_t, ((one == 0xC2) & (code == 0x85)) | ((one == 0x80) & ((code | 1) == 0xA9)),
     ((one == 0xC2) & (code == 0xB7)) | ((one == 0x80) & ((code == 0xA2) | (code == 0x93) | (code == 0x94))))
SCAN(scan1, uint8_t, code == 0x85, code == 0xB7)
SCAN(scan2, uint16_t, WIDE_END, WIDE_BAR)
SCAN(scan4, uint32_t, WIDE_END, WIDE_BAR)

/* The code point at a place, which moves on; more than 0x10FFFF where the bytes are not UTF-8. */
static inline uint32_t decode(const uint8_t **at, const uint8_t *end)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *byte = *at;
    uint32_t code = *byte;
    int more = code < 0x80 ? 0 : code < 0xE0 ? 1 : code < 0xF0 ? 2 : 3;
    *at += more + 1;
    if (!more)
        return code;
    if (code < 0xC2 || code > 0xF4 || end < *at)
        return UINT32_MAX;
    uint32_t wrong = (byte[1] & 0xC0) ^ 0x80;
    code = (code & (0x3Fu >> more)) << 6 | (byte[1] & 0x3F);
    for (int i = 2; i <= more; i++) {
        wrong |= (byte[i] & 0xC0) ^ 0x80;
        code = code << 6 | (byte[i] & 0x3F);
    }
    return wrong || code < least[more] || (code >= 0xD800 && code < 0xE000) ? UINT32_MAX : code;
}

enum { BLOCK = 512 };

/* The code points that begin at each byte of a block, and whether one does. The block has two bytes of its text on either
   side, or zeros. Returns whether something is wrong, or needs four bytes. */
WIDE_LANES
static int decode_block(const uint8_t *bytes, uint16_t *codes, uint8_t *leads)
{
    uint8_t wrong = 0;
    for (int i = 0; i < BLOCK; i++) {
        uint8_t before = bytes[i], last = bytes[i + 1], byte = bytes[i + 2], next = bytes[i + 3];
        uint8_t follows = (byte & 0xC0) == 0x80, must = (last >= 0xC0) | (before >= 0xE0);
        wrong |= (follows ^ must) | ((byte & 0xFE) == 0xC0) | (byte >= 0xF0) | ((byte == 0xE0) & (next < 0xA0)) |
                 ((byte == 0xED) & (next >= 0xA0));
        leads[i] = !follows;
    }
    for (int i = 0; i < BLOCK; i++) {
        uint16_t byte = bytes[i + 2], two = bytes[i + 3] & 0x3F, three = bytes[i + 4] & 0x3F;
        uint16_t pair = (uint16_t)((byte & 0x1F) << 6 | two), triple = (uint16_t)(byte << 12 | two << 6 | three);
        codes[i] = byte < 0x80 ? byte : byte < 0xE0 ? pair : triple;
    }
    return wrong;
}

/* Symbols of UTF-8, as many as there are code points, where no code point has four bytes; else -1. Without branches on
   the text, since which letters have accents is what a processor cannot guess. */
static Py_ssize_t spell_plane(const uint16_t *table, const uint8_t *text, Py_ssize_t length, uint16_t *out)
{
    uint8_t bytes[BLOCK + 4] = {0}, leads[BLOCK];
    uint16_t codes[BLOCK];
    Py_ssize_t size = 0;
    for (Py_ssize_t at = 0; at <= length; at += BLOCK) { /* one more where it ends with a block: it may be cut off */
        Py_ssize_t count = length - at < BLOCK ? length - at : BLOCK, ahead = length - at - count;
        bytes[0] = bytes[BLOCK], bytes[1] = bytes[BLOCK + 1];
        memset(bytes + 2 + count, 0, (size_t)(BLOCK + 2 - count));
        memcpy(bytes + 2, text + at, (size_t)(count + (ahead < 2 ? ahead : 2)));
        if (decode_block(bytes, codes, leads))
            return -1;
        for (Py_ssize_t i = 0; i < count; i++) {
            out[size] = table[codes[i]];
            size += leads[i];
        }
    }
    return size;
}

/* Symbols of UTF-8, as many as there are code points; or -1 where it is none, or there are more than `most`. */
static Py_ssize_t spell_utf8(const uint16_t *table, const uint8_t *at, const uint8_t *end, uint16_t *out,
                             Py_ssize_t most)
{
    Py_ssize_t size = end - at <= most ? spell_plane(table, at, end - at, out) : -1;
    if (size >= 0)
        return size;
    for (size = 0; at < end; size++) {
        uint32_t code = size < most ? decode(&at, end) : UINT32_MAX;
        if (code > 0x10FFFF)
            return -1;
        out[size] = fold_code(table, code);
    }
    return size;
}

/* Whether a text that begins so has no marks of a list, heading, quotation, table or tag. `mark` is the first code point
   that is neither '(' nor a digit, '(' and digits before it are numbering where it is '.' or ')'. */
static int begins_plainly(const uint16_t *table, uint32_t first, uint32_t mark)
{
    static const uint32_t quotes[] = {0xA1,   0xA9,   0xAB,   0xBB,   0xBF,   0x2018, 0x2019, 0x201C, 0x201D, 0x201E,
                                      0x2026, 0x20AC, 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0xFF08, 0xA3};
    if (first < 0x80)
        return first > ' ' && !strchr("<>#-*+|_=:~`{", (int)first) && (first == mark || (mark != '.' && mark != ')'));
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        if (first == quotes[i])
            return 1;
    return first < 0xFFFF && table[first] > LETTER;
}

static inline int is_blank(const uint16_t *table, uint32_t code) { return code <= ' ' && table[code] == SPACE; }

/* Returns how many symbols there are with the space before them, or -1. The space that closes the text stands behind. */
static Py_ssize_t fold(const Text *text, const uint16_t *table, uint16_t *out, int64_t *plain, int *barred,
                       const Cuts *cuts)
{
    Py_ssize_t begin = 0, end = text->length, size = 0, lead = 0;
    uint32_t first = 0, mark = 0;
    int found = 0;
    out[0] = SPACE;
    if (text->kind != UTF8 && end > LONGEST)
        return -1;
#define TRIM(type, scan)                                                                                               \
    const type *codes = text->data;                                                                                    \
    for (; end > begin && is_blank(table, codes[end - 1]); end--);                                                     \
    for (; begin < end && is_blank(table, codes[begin]); begin++);                                                     \
    lead = begin;                                                                                                      \
    found = scan(codes + begin, end - begin);                                                                          \
    Py_ssize_t k = begin;                                                                                              \
    for (; k < end && (codes[k] == '(' || (codes[k] >= '0' && codes[k] <= '9')); k++);                                 \
    mark = k < end ? codes[k] : 0;
#define FOLD(type, scan)                                                                                               \
    {                                                                                                                  \
        TRIM(type, scan)                                                                                               \
        first = begin < end ? codes[begin] : 0;                                                                        \
        for (size = 1; begin < end; begin++)                                                                           \
            out[size++] = fold_code(table, codes[begin]);                                                              \
        break;                                                                                                         \
    }
    switch (text->kind) {
    case 1: FOLD(uint8_t, scan1)
    case 2: FOLD(uint16_t, scan2)
    case 4: FOLD(uint32_t, scan4)
    case SYMBOLS:
        memcpy(out + 1, text->data, (size_t)end * sizeof *out);
        size = 1 + end;
        break;
    default: {
        TRIM(uint8_t, scan_utf8)
        const uint8_t *at = codes + begin;
        size = 1 + spell_utf8(table, at, codes + end, out + 1, LONGEST - (text->length - (end - begin)));
        first = begin < end ? decode(&at, codes + end) : 0;
    }
    }
    *barred = (found & BARRED) || text->kind == SYMBOLS;
    *plain = !(found & BROKEN) && begins_plainly(table, first, mark);
    if (size < 1 || found & MARKED)
        return -1;
    for (Py_ssize_t i = 0; i < cuts->count; i++)
        cuts->places[i] += 1 - lead;
    if (is_untidy(out, size))
        size = tidy(out, size, cuts);
    size -= size > 1 && out[size - 1] == SPACE;
    out[size] = SPACE;
    memset(out + size + 1, 0, (TAIL - 1) * sizeof *out);
    return size;
}

/* Hashes of windows: those of 1, 2 and 4 symbols, of which those of every order up to 7 are composed. */

WIDE_LANES
static void single(const uint16_t *symbols, uint32_t *hashes, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++)
        hashes[i] = symbols[i] * PAIR + 1u;
}

WIDE_LANES
static void compose(uint32_t *hashes, const uint32_t *left, const uint32_t *right, Py_ssize_t size, int half, int order)
{
    for (Py_ssize_t i = 0; i < size; i++)
        hashes[i] = left[i] * (PAIR + 2u * (uint32_t)order) ^ right[i + half];
}

static void hash_windows(Scratch *s, Py_ssize_t size)
{
    single(s->symbols, s->one, size + TAIL - 1);
    compose(s->two, s->one, s->one, size + TAIL - 2, 1, 2);
    compose(s->four, s->two, s->two, size + TAIL - 4, 2, 4);
}

static const uint32_t *windows(Scratch *s, Py_ssize_t size, int order)
{
    switch (order) {
    case 1: return s->one;
    case 2: return s->two;
    case 3: compose(s->hashes, s->two, s->one, size, 2, 3); break;
    case 4: return s->four;
    case 5: compose(s->hashes, s->four, s->one, size, 4, 5); break;
    case 6: compose(s->hashes, s->four, s->two, size, 4, 6); break;
    default:
        compose(s->half, s->two, s->one, size + 4, 2, 3);
        compose(s->hashes, s->four, s->half, size, 4, 7);
    }
    return s->hashes;
}

/* Weighing: what the n-grams that begin at each symbol weigh. */

WIDE_LANES
static void find_buckets(uint32_t *buckets, const uint32_t *hashes, Py_ssize_t size, int shift)
{
    for (Py_ssize_t i = 0; i < size; i++)
        buckets[i] = (hashes[i] * MIX) >> shift;
}

static inline uint32_t bucket(const Weights *weights, uint32_t hash) { return (hash * MIX) >> weights->shift; }

static inline int weigh(const Weights *weights, uint32_t hash) { return weights->table[bucket(weights, hash)]; }

/* The same where symbols are wide, and no others. */
WIDE_LANES
static void find_wide_buckets(uint32_t *buckets, const uint32_t *hashes, const uint16_t *symbols, Py_ssize_t size,
                              int shift)
{
    for (Py_ssize_t i = 0; i < size; i++)
        buckets[i] = symbols[i] >= WIDE ? (hashes[i] * MIX) >> shift : buckets[i];
}

/* How many windows of an order a text has: one may take in the closing space but not run past it. */
static Py_ssize_t fitting(Py_ssize_t size, int order)
{
    Py_ssize_t count = size + 2 - order;
    return count < 0 ? 0 : count < size ? count : size;
}

/* The bucket of the window that begins at each symbol; 0, which weighs nothing, where none does. */
static const uint32_t *find_windows(const Weights *weights, Scratch *s, Py_ssize_t size, int wide)
{
    uint32_t *buckets = s->narrow;
    Py_ssize_t count = fitting(size, weights->spaced);
    find_buckets(buckets, windows(s, size, weights->spaced), count, weights->shift);
    memset(buckets + count, 0, (size_t)(size - count) * sizeof *buckets);
    if (!wide)
        return buckets;
    const uint32_t *hashes = windows(s, size, weights->unspaced);
    count = fitting(size, weights->unspaced);
    find_wide_buckets(buckets, hashes, s->symbols, count, weights->shift);
    for (Py_ssize_t i = count; i < size; i++)
        buckets[i] = s->symbols[i] >= WIDE ? 0 : buckets[i];
    return buckets;
}

static void weigh_windows(const Weights *weights, Scratch *s, Py_ssize_t size, int wide)
{
    const uint32_t *buckets = find_windows(weights, s, size, wide);
    for (Py_ssize_t i = 0; i < size; i++)
        s->weights[i] = weights->table[buckets[i]];
}

static int32_t sum_windows(const Weights *weights, Scratch *s, Py_ssize_t size, int wide)
{
    const uint32_t *buckets = find_windows(weights, s, size, wide);
    int32_t total = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        total += weights->table[buckets[i]];
    return total;
}

/* Words are counted by language in planes of bits: plane k holds bit k of the count of each of 32 languages. */

typedef struct {
    uint32_t planes[PLANES];
    int64_t total;
} Languages;

static inline uint32_t add(uint32_t *plane, uint32_t bits)
{
    uint32_t carry = *plane & bits;
    *plane ^= bits;
    return carry;
}

/* Counts the words that each language knows, two at a time; one more that tells nothing must stand behind the last. Few
   carry beyond the first planes: those are added to without asking, since a guess would cost more. */
static void know(const uint32_t *vocabulary, const uint32_t *words, const uint32_t *tells, Py_ssize_t count,
                 Languages *languages)
{
    uint32_t low[SURE_PLANES] = {0};
    for (Py_ssize_t w = 0; w < count; w += 2) {
        uint32_t one = vocabulary[(words[w] * MIX) >> 16] & -tells[w];
        uint32_t two = vocabulary[(words[w + 1] * MIX) >> 16] & -tells[w + 1];
        uint32_t carry = (one & two) | ((one ^ two) & low[0]);
        low[0] ^= one ^ two;
        for (int k = 1; k < SURE_PLANES; k++)
            carry = add(low + k, carry);
        for (int k = SURE_PLANES; carry && k < PLANES; k++)
            carry = add(languages->planes + k, carry);
        languages->total += tells[w] + tells[w + 1];
    }
    memcpy(languages->planes, low, sizeof low);
}

static int64_t most(const Languages *languages)
{
    uint32_t among = UINT32_MAX;
    int64_t found = 0;
    for (int k = PLANES - 1; k >= 0; k--)
        if (among & languages->planes[k]) {
            among &= languages->planes[k];
            found |= (int64_t)1 << k;
        }
    return found;
}

static uint32_t powers[LONGEST + 2], inverses[LONGEST + 2]; /* of WORD, modulo 2^32 */

static void prepare_powers(void)
{
    uint32_t inverse = WORD;
    for (int i = 0; i < 4; i++) /* Newton's iteration doubles the bits that are right, from 3 */
        inverse *= 2 - WORD * inverse;
    powers[0] = inverses[0] = 1;
    for (int i = 1; i < LONGEST + 2; i++) {
        powers[i] = powers[i - 1] * WORD;
        inverses[i] = inverses[i - 1] * inverse;
    }
}

/* Where words begin and end, as flags: runs of letters, and each sign of a script of many. */
WIDE_LANES
static void find_edges(const uint16_t *symbols, uint8_t *begins, uint8_t *finals, Py_ssize_t size)
{
    for (Py_ssize_t i = 1; i < size; i++) {
        int joined = (symbols[i - 1] >= LETTER) & (symbols[i - 1] < WIDE);
        int joins = (symbols[i + 1] >= LETTER) & (symbols[i + 1] < WIDE);
        int letter = symbols[i] >= LETTER, narrow = symbols[i] < WIDE;
        begins[i] = (uint8_t)(letter & !(narrow & joined));
        finals[i] = (uint8_t)(letter & !(narrow & joins));
    }
}

/* Hashes of the words of a text, by differences of prefix sums; returns how many there are. Written without branches on
   the text, since where words end is what a processor cannot guess. */
static Py_ssize_t hash_words(Scratch *s, Py_ssize_t size)
{
    const uint16_t *symbols = s->symbols;
    const uint8_t *begins = s->begins, *finals = s->finals;
    uint32_t *sums = s->hashes, *starts = s->narrow, *ends = s->half;
    Py_ssize_t begun = 0, ended = 0;
    uint32_t running = 0;
    find_edges(symbols, s->begins, s->finals, size);
    for (Py_ssize_t i = 1; i < size; i++) {
        sums[i] = running;
        running += symbols[i] * powers[i];
        starts[begun] = (uint32_t)i;
        begun += begins[i];
        ends[ended] = (uint32_t)i + 1;
        ended += finals[i];
    }
    sums[size] = running;
    for (Py_ssize_t w = 0; w < begun; w++) {
        uint32_t start = starts[w], end = ends[w];
        ends[w] = end - start;
        s->words[w] = (sums[end] - sums[start]) * inverses[start] ^ MIX;
    }
    return begun;
}

/* The words of a text, weighed where they begin; what they weigh for chrome, and who knows them. */
static void weigh_words(const Model *model, Scratch *s, Py_ssize_t size, Languages *languages, int64_t *chrome)
{
    const uint32_t *starts = s->narrow, *words = s->words;
    uint32_t *lengths = s->half;
    Py_ssize_t count = hash_words(s, size);
    for (Py_ssize_t w = 0; w < count && model->notice.words; w++) {
        int weight = weigh(&model->notice, words[w]);
        if (model->notice.words > 1 && w + 1 < count)
            weight += weigh(&model->notice, words[w] * PAIR ^ words[w + 1]);
        s->weights[starts[w]] += (int16_t)weight;
    }
    if (!languages)
        return;
    for (Py_ssize_t w = 0; w < count && model->chrome.words; w++)
        *chrome += weigh(&model->chrome, words[w]);
    for (Py_ssize_t w = 0; w < count; w++)
        lengths[w] = (lengths[w] <= LONGEST_WORD) & (s->symbols[starts[w]] > LETTER); /* tells a language */
    s->words[count] = lengths[count] = 0;
    know(model->vocabulary, words, lengths, count, languages);
}

WIDE_LANES
static int32_t sum(const int16_t *weights, Py_ssize_t size)
{
    int32_t total = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        total += weights[i];
    return total;
}

/* The heaviest run of stretches in which a sentence may lie, where each symbol first pays the cut (Kadane's maximum
   subarray, over the places where a sentence may begin). No sentence of the text weighs more above the cut.

   A sentence begins behind a word and what is more than one space; behind any space where a bar may have been, and in a
   script without sentence marks. */

static inline int has_no_marks(uint16_t symbol)
{
    return ((symbol >= 0x0E00) & (symbol < 0x0F00)) | ((symbol >= 0x1000) & (symbol < 0x10A0)) |
           ((symbol >= 0x1780) & (symbol < 0x1800)) | ((symbol >= 0xA9E0) & (symbol < 0xAA80));
}

/* Flags of symbols between words where a sentence may begin; the first symbol is one. */
WIDE_LANES
static void find_marks(const uint16_t *symbols, uint8_t *marks, Py_ssize_t size, int barred)
{
    for (Py_ssize_t i = 0; i < size; i++)
        marks[i] = (uint8_t)((symbols[i] < LETTER) & ((symbols[i] > SPACE) | barred | has_no_marks(symbols[i + 1])));
    marks[0] = 1;
}

typedef struct {
    int32_t least, best;
} Peak;

static inline void look(Peak *peak, int32_t sum)
{
    peak->best = sum - peak->least > peak->best ? sum - peak->least : peak->best;
    peak->least = sum < peak->least ? sum : peak->least;
}

WIDE_LANES
static void pay(const Scratch *s, int32_t *paid, Py_ssize_t size, int32_t cut)
{
    for (Py_ssize_t i = 0; i < size; i++)
        paid[i] = UNIT * s->weights[i] - (cut << (s->symbols[i] >= WIDE));
}

/* A bound on what any stretch pays together: of the blocks where it begins and ends, all counts that is above 0. */
WIDE_LANES
static int32_t bound(int32_t *paid, Py_ssize_t size)
{
    int32_t most = 0, run = 0;
    memset(paid + size, 0, TAIL * sizeof *paid);
    for (Py_ssize_t i = 0; i < size; i += TAIL) {
        int32_t all = 0, above = 0;
        for (int k = 0; k < TAIL; k++) {
            all += paid[i + k];
            above += paid[i + k] > 0 ? paid[i + k] : 0;
        }
        most = run + above > most ? run + above : most;
        run = run + all > above ? run + all : above;
    }
    return most;
}

static int64_t peak(const Model *model, Scratch *s, Py_ssize_t size, int barred)
{
    const uint16_t *symbols = s->symbols;
    int32_t *sums = s->sums;
    uint8_t *marks = s->begins;
    int32_t *paid = (int32_t *)s->hashes;
    Peak peak = {0, 0};
    pay(s, paid, size, model->cut);
    int32_t most = bound(paid, size);
    if (most < model->floor)
        return most;
    sums[0] = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        sums[i + 1] = sums[i] + paid[i];
    find_marks(symbols, marks, size, barred);
    for (const uint8_t *at = marks; (at = memchr(at, 1, (size_t)(marks + size - at)));) {
        Py_ssize_t start = at - marks, end = start + 1;
        for (; start > 0 && symbols[start - 1] < LETTER; start--);
        for (; end < size && symbols[end] < LETTER; end++);
        for (Py_ssize_t i = start; i <= end; i++)
            look(&peak, sums[i]);
        at = marks + end;
    }
    look(&peak, sums[size]);
    return peak.best;
}

WIDE_LANES
static int32_t count_wide(const uint16_t *symbols, Py_ssize_t size)
{
    int32_t wide = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        wide += symbols[i] >= WIDE;
    return wide;
}

/* Fold and hash a text; returns how many symbols there are, or -1. Its length, in which wide ones count twice, goes out. */
static Py_ssize_t take(const Model *model, const Task *task, Scratch *s, int64_t *length, int64_t *plain, int *barred)
{
    Py_ssize_t size = fold(&task->text, model->symbols, s->symbols, plain, barred, &task->cuts);
    *length = size;
    if (size >= 0) {
        *length += count_wide(s->symbols, size);
        hash_windows(s, size);
    }
    return size;
}

static void measure(const Model *model, const Task *task, Scratch *s)
{
    int full = model->vocabulary != NULL, barred = 0;
    int64_t *out = task->out, chrome = 0;
    Py_ssize_t size = take(model, task, s, &out[SIZE], &out[PLAIN], &barred);
    if (size < 0)
        return;
    int wide = out[SIZE] > size;
    if (full)
        chrome = sum_windows(&model->chrome, s, size, wide);
    weigh_windows(&model->notice, s, size, wide);
    Languages languages = {{0}, 0};
    weigh_words(model, s, size, full ? &languages : NULL, &chrome);
    out[SUM] = sum(s->weights, size);
    if (full) {
        out[CHROME] = chrome;
        out[PEAK] = peak(model, s, size, barred);
        out[WORDS] = languages.total;
        out[KNOWN] = most(&languages);
    }
}

/* The sum and the length of each part of a text, of which the first begins with it and the others at the cuts. */
static void measure_parts(const Model *model, const Task *task, Scratch *s)
{
    int64_t length, plain;
    int barred;
    Py_ssize_t size = take(model, task, s, &length, &plain, &barred), start = 0;
    task->out[1] = -1;
    if (size < 0)
        return;
    weigh_windows(&model->notice, s, size, length > size);
    weigh_words(model, s, size, NULL, NULL);
    for (Py_ssize_t i = 0; i <= task->cuts.count; i++) {
        Py_ssize_t end = i < task->cuts.count && task->cuts.places[i] < size ? task->cuts.places[i] : size;
        end = end < start ? start : end;
        task->out[2 * i] = sum(s->weights + start, end - start);
        task->out[2 * i + 1] = end - start + count_wide(s->symbols + start, end - start);
        start = end;
    }
}

/* Adds up rows of weights. A row is read LANES at a time where so many lie behind its begin: what is behind its end is
   added to sums that nobody asks for. */
WIDE_LANES
static void add_rows(const Weights *weights, const uint32_t *buckets, Py_ssize_t count, int32_t *sums)
{
    const size_t columns = (size_t)weights->columns, cells = columns << (32 - weights->shift);
    for (Py_ssize_t i = 0; i < count; i++) {
        const size_t at = buckets[i] * columns;
        if (columns <= LANES && at + LANES <= cells)
            for (size_t c = 0; c < LANES; c++)
                sums[c] += weights->table[at + c];
        else
            for (size_t c = 0; c < columns; c++)
                sums[c] += weights->table[at + c];
    }
}

/* The sums of a text for chrome and for each kind, and behind them its length. */
static void measure_details(const Model *model, const Task *task, Scratch *s)
{
    const Weights *weights = &model->chrome;
    int32_t sums[MOST_COLUMNS] = {0};
    int64_t length, plain;
    int barred;
    Py_ssize_t size = take(model, task, s, &length, &plain, &barred);
    task->out[weights->columns] = length;
    if (size < 0)
        return;
    add_rows(weights, find_windows(weights, s, size, length > size), size, sums);
    Py_ssize_t words = weights->words ? hash_words(s, size) : 0;
    for (Py_ssize_t w = 0; w < words; w++)
        s->words[w] = bucket(weights, s->words[w]);
    add_rows(weights, s->words, words, sums);
    for (int c = 0; c < weights->columns; c++)
        task->out[c] = sums[c];
}

/* From Python. */

static int hold(PyObject *item, Text *text)
{
    if (PyUnicode_Check(item)) {
        text->data = PyUnicode_DATA(item);
        text->length = PyUnicode_GET_LENGTH(item);
        text->kind = (int)PyUnicode_KIND(item);
        return 1;
    }
    if (PyBytes_Check(item)) {
        text->data = PyBytes_AS_STRING(item);
        text->length = PyBytes_GET_SIZE(item) / 2;
        text->kind = SYMBOLS;
        return 1;
    }
    PyErr_SetString(PyExc_TypeError, "texts must be str, or bytes of symbols");
    return 0;
}

typedef void (*Measure)(const Model *, const Task *, Scratch *);

static int run(Measure measured, const Model *model, const Task *tasks, Py_ssize_t count)
{
    Scratch *scratch = PyMem_RawMalloc(sizeof *scratch);
    if (!scratch) {
        PyErr_NoMemory();
        return 0;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++)
        measured(model, &tasks[i], scratch);
    Py_END_ALLOW_THREADS
    PyMem_RawFree(scratch);
    return 1;
}

typedef struct {
    Model model;
    int notice_bits, chrome_bits;
    Py_buffer symbols, notice, chrome, vocabulary, data, places, out;
} Arguments;

static void release(Arguments *a)
{
    Py_buffer *buffers[] = {&a->symbols, &a->notice, &a->chrome, &a->vocabulary, &a->data, &a->places, &a->out};
    for (int i = 0; i < 7; i++)
        if (buffers[i]->obj)
            PyBuffer_Release(buffers[i]);
}

/* Checks that the arrays are as long as the model says: what follows reads them without looking. Each bucket of the second
   table has `columns` weights; `cells` is how many numbers go out. */
static int settle(Arguments *a, int columns, Py_ssize_t cells)
{
    Model *m = &a->model;
    int notice_bits = a->notice_bits, chrome_bits = a->chrome_bits;
    m->symbols = a->symbols.buf;
    m->notice.table = a->notice.buf;
    m->chrome.table = a->chrome.buf;
    m->vocabulary = a->vocabulary.buf;
    m->notice.shift = 32 - notice_bits;
    m->chrome.shift = 32 - chrome_bits;
    m->notice.columns = 1;
    m->chrome.columns = columns;
    int orders[] = {m->notice.spaced, m->notice.unspaced, m->chrome.spaced, m->chrome.unspaced};
    int fits = notice_bits >= 8 && notice_bits <= 26 && chrome_bits >= 8 && chrome_bits <= 26 && columns >= 1 &&
               columns <= MOST_COLUMNS && m->notice.words >= 0 && m->notice.words <= 2 && m->chrome.words >= 0 &&
               m->chrome.words <= 1 && a->symbols.len == 2 << 16 && a->notice.len == (Py_ssize_t)1 << notice_bits &&
               a->chrome.len == (Py_ssize_t)columns << chrome_bits && (!m->vocabulary || a->vocabulary.len == 4 << 16) &&
               a->out.len == cells * (Py_ssize_t)sizeof(int64_t);
    for (int i = 0; i < 4; i++)
        fits = fits && orders[i] >= 1 && orders[i] <= 7;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "these arrays do not fit this model");
    return fits;
}

#define MODEL_FORMAT "y*y*y*z*(iiii)(iiii)ii"
#define MODEL_PLACES(a)                                                                                                \
    &(a).symbols, &(a).notice, &(a).chrome, &(a).vocabulary, &(a).model.notice.spaced, &(a).model.notice.unspaced,     \
        &(a).model.notice.words, &(a).notice_bits, &(a).model.chrome.spaced, &(a).model.chrome.unspaced,               \
        &(a).model.chrome.words, &(a).chrome_bits, &(a).model.cut, &(a).model.floor

/* What holds the tasks of a call; NULL, with an error set, where there is no memory. */
static Task *new_tasks(Py_ssize_t count)
{
    Task *tasks = PyMem_RawCalloc((size_t)count + 1, sizeof *tasks);
    if (!tasks)
        PyErr_NoMemory();
    return tasks;
}

/* Each text of a list has `width` numbers of its own in what goes out. */
static int hold_all(Arguments *a, PyObject *list, Task *tasks, Py_ssize_t width)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (!hold(PyList_GET_ITEM(list, i), &tasks[i].text))
            return 0;
        tasks[i].out = (int64_t *)a->out.buf + i * width;
    }
    return 1;
}

static PyObject *finish(Arguments *a, Task *tasks, int done)
{
    PyMem_RawFree(tasks);
    release(a);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *measure_texts(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    PyObject *list;
    if (!PyArg_ParseTuple(arguments, "O!w*" MODEL_FORMAT, &PyList_Type, &list, &a.out, MODEL_PLACES(a)))
        return finish(&a, NULL, 0);
    Py_ssize_t count = PyList_GET_SIZE(list);
    Task *tasks = new_tasks(count);
    int done = tasks && settle(&a, 1, count * COLUMNS) && hold_all(&a, list, tasks, COLUMNS) &&
               run(measure, &a.model, tasks, count);
    return finish(&a, tasks, done);
}

/* The second table has a column for chrome and one for each kind. */
static PyObject *measure_text_details(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    PyObject *list;
    int columns;
    if (!PyArg_ParseTuple(arguments, "O!iw*" MODEL_FORMAT, &PyList_Type, &list, &columns, &a.out, MODEL_PLACES(a)))
        return finish(&a, NULL, 0);
    Py_ssize_t count = PyList_GET_SIZE(list);
    Task *tasks = new_tasks(count);
    int done = tasks && settle(&a, columns, count * (columns + (Py_ssize_t)1)) &&
               hold_all(&a, list, tasks, columns + (Py_ssize_t)1) && run(measure_details, &a.model, tasks, count);
    return finish(&a, tasks, done);
}

/* Hands each text its places: as many as the list of counts says. */
static int share_places(Arguments *a, PyObject *counts, Task *tasks, Py_ssize_t count)
{
    Py_ssize_t all = a->places.len / (Py_ssize_t)sizeof(int64_t), begin = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t own = PyLong_AsSsize_t(PyList_GET_ITEM(counts, i));
        if (own < 0 || own > all - begin) {
            PyErr_SetString(PyExc_ValueError, "the counts do not fit the places");
            return 0;
        }
        tasks[i].cuts = (Cuts){(int64_t *)a->places.buf + begin, own};
        tasks[i].out = (int64_t *)a->out.buf + 2 * (begin + i);
        begin += own;
    }
    return 1;
}

/* Texts with the places where parts of them begin beside the first, in code points; the places are used up. */
static PyObject *measure_text_parts(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    PyObject *list, *counts;
    if (!PyArg_ParseTuple(arguments, "O!w*O!w*" MODEL_FORMAT, &PyList_Type, &list, &a.places, &PyList_Type, &counts,
                          &a.out, MODEL_PLACES(a)))
        return finish(&a, NULL, 0);
    Py_ssize_t count = PyList_GET_SIZE(list), all = a.places.len / (Py_ssize_t)sizeof(int64_t);
    Task *tasks = PyList_GET_SIZE(counts) == count ? new_tasks(count) : NULL;
    if (PyList_GET_SIZE(counts) != count)
        PyErr_SetString(PyExc_ValueError, "there must be a count for each text");
    int done = tasks && settle(&a, 1, 2 * (all + count)) && hold_all(&a, list, tasks, 0) &&
               share_places(&a, counts, tasks, count) && run(measure_parts, &a.model, tasks, count);
    return finish(&a, tasks, done);
}

/* Lays texts out as Arrow does: UTF-8 end to end, and count + 1 offsets of 4 or 8 bytes. */
static int hold_utf8(Arguments *a, const Py_buffer *offsets, int width, Task *tasks, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        int64_t begin = width == 4 ? ((const int32_t *)offsets->buf)[i] : ((const int64_t *)offsets->buf)[i];
        int64_t end = width == 4 ? ((const int32_t *)offsets->buf)[i + 1] : ((const int64_t *)offsets->buf)[i + 1];
        if (begin < 0 || begin > end || end > a->data.len) {
            PyErr_SetString(PyExc_ValueError, "offsets run out of the data");
            return 0;
        }
        tasks[i].text = (Text){(const uint8_t *)a->data.buf + begin, (Py_ssize_t)(end - begin), UTF8};
        tasks[i].out = (int64_t *)a->out.buf + i * COLUMNS;
    }
    return 1;
}

static PyObject *measure_utf8(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    Py_buffer offsets = {0};
    int width, done = 0;
    if (!PyArg_ParseTuple(arguments, "y*y*iw*" MODEL_FORMAT, &a.data, &offsets, &width, &a.out, MODEL_PLACES(a)))
        return finish(&a, NULL, 0);
    Py_ssize_t count = (width == 4 || width == 8) ? offsets.len / width - 1 : -1;
    Task *tasks = count < 0 ? NULL : new_tasks(count);
    if (count < 0)
        PyErr_SetString(PyExc_ValueError, "offsets must be of 4 or 8 bytes, one more than texts");
    else
        done = tasks && settle(&a, 1, count * COLUMNS) && hold_utf8(&a, &offsets, width, tasks, count) &&
               run(measure, &a.model, tasks, count);
    PyBuffer_Release(&offsets);
    return finish(&a, tasks, done);
}

static PyMethodDef methods[] = {
    {"measure_texts", measure_texts, METH_VARARGS, "Measure a list of texts into an array."},
    {"measure_utf8", measure_utf8, METH_VARARGS, "Measure texts laid out as in Arrow into an array."},
    {"measure_parts", measure_text_parts, METH_VARARGS, "Measure the parts of texts into an array."},
    {"measure_details", measure_text_details, METH_VARARGS, "Measure texts for chrome and kinds into an array."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernel", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void)
{
    prepare_powers();
    return PyModule_Create(&module);
}
