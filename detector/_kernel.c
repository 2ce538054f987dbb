/* Measures many texts in one pass: fold, cut, hash, weigh.

   measures.py says the same in NumPy and is the specification; the tests hold both to equal bits. All sums are of
   integers. A text that the pass does not take (a web address, markup, bytes that are not UTF-8, more characters than
   LONGEST) gets a size of -1. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define WIDE_LANES __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_LANES
#endif

enum { DROPPED = 0, SPACE = 1, LETTER = 48, WIDE = 0x2E80 };
enum { UNIT = 16 };
enum { LONGEST = 1 << 16, TAIL = 16, LONGEST_WORD = 14, PLANES = 16 };
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
    int spaced, unspaced; /* orders of the windows in alphabets and in scripts of many signs */
    int words;            /* the longest run of words, 0 to 2 */
    int shift;            /* 32 less the bits of the table */
    const int8_t *table;
} Weights;

typedef struct {
    const uint16_t *symbols;
    Weights notice, chrome;
    const uint32_t *vocabulary; /* absent: only SUM and SIZE are asked for */
    int32_t cut;                /* what a symbol must weigh, in 1/UNIT, to lift PEAK */
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

/* Folding: the code points of a text become symbols, runs of white space one. Returns how many symbols there are with
   the space before them, or -1. The space that closes the text stands behind them. */

typedef struct {
    const uint16_t *table;
    uint16_t *out;
    Py_ssize_t size;
    int gap;
} Fold;

static inline void put(Fold *fold, uint16_t symbol)
{
    fold->out[fold->size] = symbol;
    fold->size += (symbol > SPACE) | ((symbol == SPACE) & !fold->gap);
    fold->gap = symbol == DROPPED ? fold->gap : symbol == SPACE;
}

static inline void put_code(Fold *fold, uint32_t code) { put(fold, fold->table[code < 0xFFFF ? code : 0xFFFF]); }

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
    uint32_t code = *(*at)++;
    if (code < 0x80)
        return code;
    int more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : 1;
    if (code < 0xC2 || code > 0xF4 || end - *at < more)
        return UINT32_MAX;
    code &= 0x3Fu >> more;
    for (int i = 0; i < more; i++, (*at)++) {
        if ((**at & 0xC0) != 0x80)
            return UINT32_MAX;
        code = code << 6 | (**at & 0x3F);
    }
    return code < least[more] || (code >= 0xD800 && code < 0xE000) ? UINT32_MAX : code;
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

static Py_ssize_t fold(const Text *text, const uint16_t *table, uint16_t *out, int64_t *plain, int *barred)
{
    Fold fold = {table, out, 1, 1};
    Py_ssize_t begin = 0, end = text->length, count = 0;
    uint32_t first = 0, mark = 0;
    int found = 0;
    out[0] = SPACE;
    if (text->kind != UTF8 && end > LONGEST)
        return -1;
#define TRIM(type, scan)                                                                                               \
    const type *codes = text->data;                                                                                    \
    for (; end > begin && is_blank(table, codes[end - 1]); end--, count++);                                            \
    for (; begin < end && is_blank(table, codes[begin]); begin++, count++);                                            \
    found = scan(codes + begin, end - begin);                                                                          \
    Py_ssize_t k = begin;                                                                                              \
    for (; k < end && (codes[k] == '(' || (codes[k] >= '0' && codes[k] <= '9')); k++);                                 \
    mark = k < end ? codes[k] : 0;
#define FOLD(type, scan)                                                                                               \
    {                                                                                                                  \
        TRIM(type, scan)                                                                                               \
        first = begin < end ? codes[begin] : 0;                                                                        \
        for (Py_ssize_t i = begin; i < end; i++)                                                                       \
            put_code(&fold, codes[i]);                                                                                 \
        break;                                                                                                         \
    }
    switch (text->kind) {
    case 1: FOLD(uint8_t, scan1)
    case 2: FOLD(uint16_t, scan2)
    case 4: FOLD(uint32_t, scan4)
    case SYMBOLS:
        for (Py_ssize_t i = 0; i < end; i++)
            put(&fold, ((const uint16_t *)text->data)[i]);
        break;
    default: {
        TRIM(uint8_t, scan_utf8)
        const uint8_t *at = codes + begin, *stop = codes + end;
        if (!(found & HIGH) && count + end - begin <= LONGEST) {
            first = at < stop ? *at : 0;
            for (; at < stop; at++)
                put_code(&fold, *at);
        }
        for (const uint8_t *start = at; at < stop;) {
            int leads = at == start;
            uint32_t code = decode(&at, stop);
            if (code > 0x10FFFF || ++count > LONGEST)
                return -1;
            first = leads ? code : first;
            put_code(&fold, code);
        }
    }
    }
    *barred = found & BARRED || text->kind == SYMBOLS;
    *plain = !(found & BROKEN) && begins_plainly(table, first, mark);
    if (found & MARKED)
        return -1;
    if (fold.size > 1 && out[fold.size - 1] == SPACE)
        fold.size--;
    out[fold.size] = SPACE;
    memset(out + fold.size + 1, 0, (TAIL - 1) * sizeof *out);
    return fold.size;
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

static inline int weigh(const Weights *weights, uint32_t hash)
{
    return weights->table[(hash * MIX) >> weights->shift];
}

/* How many windows of an order a text has: one may take in the closing space but not run past it. */
static Py_ssize_t fitting(Py_ssize_t size, int order)
{
    Py_ssize_t count = size + 2 - order;
    return count < 0 ? 0 : count < size ? count : size;
}

static void weigh_windows(const Weights *weights, Scratch *s, Py_ssize_t size, int wide)
{
    Py_ssize_t count = fitting(size, weights->spaced);
    find_buckets(s->half, windows(s, size, weights->spaced), count, weights->shift);
    for (Py_ssize_t i = 0; i < count; i++)
        s->weights[i] = weights->table[s->half[i]];
    memset(s->weights + count, 0, (size_t)(size - count) * sizeof *s->weights);
    if (!wide)
        return;
    const uint32_t *hashes = windows(s, size, weights->unspaced);
    count = fitting(size, weights->unspaced);
    for (Py_ssize_t i = 0; i < size; i++)
        if (s->symbols[i] >= WIDE)
            s->weights[i] = (int16_t)(i < count ? weigh(weights, hashes[i]) : 0);
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

static inline void know(Languages *languages, uint32_t knows)
{
    uint32_t *plane = languages->planes;
    uint32_t carry = add(plane + 2, add(plane + 1, add(plane, knows)));
    for (int k = 3; carry && k < PLANES; k++)
        carry = add(plane + k, carry);
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
    uint32_t *sums = s->hashes, *starts = s->narrow, *ends = s->half;
    Py_ssize_t begun = 0, ended = 0;
    uint32_t running = 0;
    find_edges(symbols, s->begins, s->finals, size);
    for (Py_ssize_t i = 0; i < size; i++) {
        sums[i] = running;
        running += symbols[i] * powers[i];
    }
    sums[size] = running;
    for (Py_ssize_t i = 1; i < size; i++) {
        starts[begun] = (uint32_t)i;
        begun += s->begins[i];
        ends[ended] = (uint32_t)i + 1;
        ended += s->finals[i];
    }
    for (Py_ssize_t w = 0; w < begun; w++) {
        uint32_t start = starts[w], end = ends[w];
        ends[w] = end - start;
        s->words[w] = (sums[end] - sums[start]) * inverses[start] ^ MIX;
    }
    return begun;
}

/* The words of a text, weighed where they begin; what they weigh for chrome, and who knows them. Returns how many. */
static Py_ssize_t weigh_words(const Model *model, Scratch *s, Py_ssize_t size, Languages *languages, int64_t *chrome)
{
    const uint32_t *starts = s->narrow, *lengths = s->half, *words = s->words;
    Py_ssize_t count = hash_words(s, size);
    if (model->notice.words)
        for (Py_ssize_t w = 0; w < count; w++)
            s->weights[starts[w]] += (int16_t)weigh(&model->notice, words[w]);
    if (model->notice.words > 1)
        for (Py_ssize_t w = 0; w + 1 < count; w++)
            s->weights[starts[w]] += (int16_t)weigh(&model->notice, words[w] * PAIR ^ words[w + 1]);
    if (!languages)
        return count;
    for (Py_ssize_t w = 0; w < count && model->chrome.words; w++)
        *chrome += weigh(&model->chrome, words[w]);
    for (Py_ssize_t w = 0; w < count; w++) {
        uint32_t tells = (lengths[w] <= LONGEST_WORD) & (s->symbols[starts[w]] > LETTER);
        languages->total += tells;
        know(languages, model->vocabulary[(words[w] * MIX) >> 16] & -tells);
    }
    return count;
}

static int64_t sum(const int16_t *weights, Py_ssize_t size)
{
    int64_t total = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        total += weights[i];
    return total;
}

/* The heaviest run of stretches in which a sentence may lie, where each symbol first pays the cut (Kadane's maximum
   subarray, over the places where a sentence may begin). No sentence of the text weighs more above the cut.

   A sentence begins behind a word and what is more than one space; behind any space where a bar may have been, and in a
   script without sentence marks. */

WIDE_LANES
static void pay(const Scratch *s, int32_t *paid, Py_ssize_t size, int32_t cut)
{
    for (Py_ssize_t i = 0; i < size; i++)
        paid[i] = UNIT * s->weights[i] - (s->symbols[i] >= WIDE ? 2 * cut : cut);
}

static inline int has_no_marks(uint16_t symbol)
{
    return (symbol >= 0x0E00 && symbol < 0x0F00) || (symbol >= 0x1000 && symbol < 0x10A0) ||
           (symbol >= 0x1780 && symbol < 0x1800) || (symbol >= 0xA9E0 && symbol < 0xAA80);
}

static int64_t peak(Scratch *s, Py_ssize_t size, Py_ssize_t words, int32_t cut, int barred)
{
    int32_t *sums = s->sums, *paid = (int32_t *)s->hashes;
    const uint32_t *starts = s->narrow, *lengths = s->half;
    pay(s, paid, size, cut);
    sums[0] = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        sums[i + 1] = sums[i] + paid[i];
    int32_t least = 0, best = 0;
    Py_ssize_t end = 0;
    for (Py_ssize_t w = 0; w <= words; w++) {
        Py_ssize_t next = w < words ? (Py_ssize_t)starts[w] : size;
        int marks = next - end > 1 || s->symbols[end] != SPACE || barred || has_no_marks(s->symbols[next]);
        if (!w || w == words || (next > end && marks))
            for (Py_ssize_t i = end; i <= next; i++) {
                best = sums[i] - least > best ? sums[i] - least : best;
                least = sums[i] < least ? sums[i] : least;
            }
        end = w < words ? next + (Py_ssize_t)lengths[w] : size;
    }
    return best;
}

static void measure(const Model *model, const Text *text, Scratch *s, int64_t *out)
{
    int full = model->vocabulary != NULL;
    int barred = 0;
    Py_ssize_t size = fold(text, model->symbols, s->symbols, &out[PLAIN], &barred);
    out[SIZE] = size;
    if (size < 0)
        return;
    Py_ssize_t wide = 0;
    for (Py_ssize_t i = 0; i < size; i++)
        wide += s->symbols[i] >= WIDE;
    out[SIZE] += wide;
    hash_windows(s, size);
    int64_t chrome = 0;
    if (full) {
        weigh_windows(&model->chrome, s, size, wide > 0);
        chrome = sum(s->weights, size);
    }
    weigh_windows(&model->notice, s, size, wide > 0);
    Languages languages = {{0}, 0};
    Py_ssize_t words = weigh_words(model, s, size, full ? &languages : NULL, &chrome);
    out[SUM] = sum(s->weights, size);
    if (full) {
        out[CHROME] = chrome;
        out[PEAK] = peak(s, size, words, model->cut, barred);
        out[WORDS] = languages.total;
        out[KNOWN] = most(&languages);
    }
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

static int run(const Model *model, const Text *texts, Py_ssize_t count, int64_t *out)
{
    Scratch *scratch = PyMem_RawMalloc(sizeof *scratch);
    if (!scratch) {
        PyErr_NoMemory();
        return 0;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++)
        measure(model, &texts[i], scratch, out + i * COLUMNS);
    Py_END_ALLOW_THREADS
    PyMem_RawFree(scratch);
    return 1;
}

typedef struct {
    Model model;
    Py_buffer symbols, notice, chrome, vocabulary, out;
} Arguments;

static void release(Arguments *a)
{
    Py_buffer *buffers[] = {&a->symbols, &a->notice, &a->chrome, &a->vocabulary, &a->out};
    for (int i = 0; i < 5; i++)
        if (buffers[i]->obj)
            PyBuffer_Release(buffers[i]);
}

/* Checks that the arrays are as long as the model says: what follows reads them without looking. */
static int settle(Arguments *a, Py_ssize_t count, int notice_bits, int chrome_bits)
{
    Model *m = &a->model;
    m->symbols = a->symbols.buf;
    m->notice.table = a->notice.buf;
    m->chrome.table = a->chrome.buf;
    m->vocabulary = a->vocabulary.buf;
    m->notice.shift = 32 - notice_bits;
    m->chrome.shift = 32 - chrome_bits;
    int orders[] = {m->notice.spaced, m->notice.unspaced, m->chrome.spaced, m->chrome.unspaced};
    int fits = notice_bits >= 8 && notice_bits <= 26 && chrome_bits >= 8 && chrome_bits <= 26 &&
               m->notice.words >= 0 && m->notice.words <= 2 && m->chrome.words >= 0 && m->chrome.words <= 1 &&
               a->symbols.len == 2 << 16 && a->notice.len == (Py_ssize_t)1 << notice_bits &&
               a->chrome.len == (Py_ssize_t)1 << chrome_bits &&
               (!m->vocabulary || a->vocabulary.len == 4 << 16) &&
               a->out.len == count * COLUMNS * (Py_ssize_t)sizeof(int64_t);
    for (int i = 0; i < 4; i++)
        fits = fits && orders[i] >= 1 && orders[i] <= 7;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "these arrays do not fit this model");
    return fits;
}

#define MODEL_FORMAT "y*y*y*z*(iiii)(iiii)i"
#define MODEL_PLACES(a, notice_bits, chrome_bits)                                                                      \
    &(a).symbols, &(a).notice, &(a).chrome, &(a).vocabulary, &(a).model.notice.spaced, &(a).model.notice.unspaced,     \
        &(a).model.notice.words, &(notice_bits), &(a).model.chrome.spaced, &(a).model.chrome.unspaced,                 \
        &(a).model.chrome.words, &(chrome_bits), &(a).model.cut

static PyObject *measure_texts(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    PyObject *list;
    int notice_bits, chrome_bits, done = 0;
    if (!PyArg_ParseTuple(arguments, "O!w*" MODEL_FORMAT, &PyList_Type, &list, &a.out,
                          MODEL_PLACES(a, notice_bits, chrome_bits))) {
        release(&a);
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(list);
    Text *texts = PyMem_RawMalloc(((size_t)count + 1) * sizeof *texts);
    if (!texts)
        PyErr_NoMemory();
    else if (settle(&a, count, notice_bits, chrome_bits)) {
        done = 1;
        for (Py_ssize_t i = 0; done && i < count; i++)
            done = hold(PyList_GET_ITEM(list, i), &texts[i]);
        done = done && run(&a.model, texts, count, a.out.buf);
    }
    PyMem_RawFree(texts);
    release(&a);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

/* Texts as Arrow lays them out: UTF-8 end to end, and count + 1 offsets of 4 or 8 bytes. */
static PyObject *measure_utf8(PyObject *module, PyObject *arguments)
{
    Arguments a = {0};
    Py_buffer data, offsets;
    int width, notice_bits, chrome_bits, done = 0;
    if (!PyArg_ParseTuple(arguments, "y*y*iw*" MODEL_FORMAT, &data, &offsets, &width, &a.out,
                          MODEL_PLACES(a, notice_bits, chrome_bits))) {
        release(&a);
        return NULL;
    }
    Py_ssize_t count = (width == 4 || width == 8) ? offsets.len / width - 1 : -1;
    Text *texts = count < 0 ? NULL : PyMem_RawMalloc(((size_t)count + 1) * sizeof *texts);
    if (count < 0)
        PyErr_SetString(PyExc_ValueError, "offsets must be of 4 or 8 bytes, one more than texts");
    else if (!texts)
        PyErr_NoMemory();
    else if (settle(&a, count, notice_bits, chrome_bits)) {
        done = 1;
        for (Py_ssize_t i = 0; done && i < count; i++) {
            int64_t begin = width == 4 ? ((const int32_t *)offsets.buf)[i] : ((const int64_t *)offsets.buf)[i];
            int64_t end = width == 4 ? ((const int32_t *)offsets.buf)[i + 1] : ((const int64_t *)offsets.buf)[i + 1];
            done = 0 <= begin && begin <= end && end <= data.len;
            texts[i] = (Text){(const uint8_t *)data.buf + begin, (Py_ssize_t)(end - begin), UTF8};
        }
        if (!done)
            PyErr_SetString(PyExc_ValueError, "offsets run out of the data");
        done = done && run(&a.model, texts, count, a.out.buf);
    }
    PyMem_RawFree(texts);
    PyBuffer_Release(&data);
    PyBuffer_Release(&offsets);
    release(&a);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"measure_texts", measure_texts, METH_VARARGS, "Measure a list of texts into an array."},
    {"measure_utf8", measure_utf8, METH_VARARGS, "Measure texts laid out as in Arrow into an array."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernel", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void)
{
    prepare_powers();
    return PyModule_Create(&module);
}
