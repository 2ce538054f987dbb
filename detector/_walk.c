/* Walks over a page that lxml has parsed and written out as XML, and finds the runs of text in it.

   page.py says the same of the tree and is the specification; the tests hold both to equal runs. XML as libxml2 writes
   it is simple to read, but names are as the page has them, with any characters but white space, "/" and ">". What
   does not look like that raises ValueError. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

enum { BREAK = 0, CELL = 1 };
enum { NAMES = 128 }; /* more than there are names of blocks */
enum { KNOWN = 128 };

/* What page.py says of a name, in the bits of one number. */
enum { INLINE_ROLE, HIDDEN_ROLE, BREAK_ROLE, FRAME_ROLE, BLOCK_ROLE, CELL_ROLE };
enum { ROLE = 7, FORM_AT = 3, FORM = 7, PLAIN = 1 << 6, ROW = 1 << 7, NO_ROW = 1 << 8, KEPT = 1 << 9, NAME_AT = 10 };
enum { NO_FORM, LIST_ITEM, QUOTE, HEADING, TABLE_ROW };

/* A block that the walk is in: its XPath is path[path_start:path_end] below that of the element `anchor`. */
typedef struct {
    int form, kept; /* whether it keeps its white space */
    Py_ssize_t depth, number, anchor, path_start, path_end;
    unsigned counts[NAMES]; /* of the blocks directly in it, by name */
} Level;

typedef struct {
    char *data;
    Py_ssize_t size, room;
} Buffer;

/* A name that was looked up before. */
typedef struct {
    const char *name;
    Py_ssize_t length;
    long role;
} Known;

typedef struct {
    const char *at, *end;
    Known known[KNOWN];
    PyObject *roles, *hides, *runs;
    Py_ssize_t number, depth, deep; /* of the block that was last begun; of the element; up to which XPaths have steps */
    Level *levels;
    Py_ssize_t top, room;
    Buffer text, path, value;
    int seen, broken; /* whether the text is more than white space; whether nothing else follows its last break */
} Walk;

typedef struct {
    const char *name, *end; /* where the name begins, and the tag ends */
    Py_ssize_t length;
    const char *style, *style_end; /* the value of the attribute */
    int opens, closes, text, hidden; /* comments open nothing; a CDATA section is text */
} Tag;

static int broken(void)
{
    PyErr_SetString(PyExc_ValueError, "this is not XML as libxml2 writes it");
    return 0;
}

static int append(Buffer *buffer, const char *data, Py_ssize_t size)
{
    if (buffer->size + size >= buffer->room) {
        Py_ssize_t room = 2 * (buffer->size + size) + 64;
        char *grown = PyMem_Realloc(buffer->data, room);
        if (!grown) {
            PyErr_NoMemory();
            return 0;
        }
        buffer->data = grown;
        buffer->room = room;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return 1;
}

static const char *find(const char *at, const char *end, const char *what)
{
    Py_ssize_t length = strlen(what);
    for (; (at = memchr(at, what[0], end - at)); at++)
        if (end - at < length)
            return NULL;
        else if (!memcmp(at, what, length))
            return at + length;
    return NULL;
}

/* The tag at a "<"; moves nothing. */
static int read_tag(const char *at, const char *end, Tag *tag)
{
    *tag = (Tag){0};
    if (end - at > 4 && !memcmp(at, "<!--", 4))
        return (tag->end = find(at + 4, end, "-->")) != NULL;
    if (end - at > 2 && at[1] == '?')
        return (tag->end = find(at + 2, end, "?>")) != NULL;
    if (end - at > 9 && !memcmp(at, "<![CDATA[", 9))
        return tag->text = 1, (tag->end = find(at + 9, end, "]]>")) != NULL;
    tag->closes = end - at > 2 && at[1] == '/';
    tag->opens = !tag->closes;
    const char *here = tag->name = at + 1 + tag->closes;
    while (here < end && *here != ' ' && *here != '/' && *here != '>')
        here++;
    tag->length = here - tag->name;
    while (here < end && *here == ' ') {
        const char *name = here + 1, *equals = end - here > 5 ? memchr(here + 2, '=', end - here - 5) : NULL;
        if (!equals || equals[1] != '"' || !(here = memchr(equals + 2, '"', end - equals - 2)))
            return 0;
        if (equals - name == 6 && !memcmp(name, "hidden", 6))
            tag->hidden = 1;
        if (equals - name == 5 && !memcmp(name, "style", 5)) {
            tag->style = equals + 2;
            tag->style_end = here;
        }
        here++;
    }
    if (here < end && *here == '/') {
        tag->closes = 1;
        here++;
    }
    tag->end = here + 1;
    return here < end && *here == '>' && tag->length;
}

/* What page.py says of a name; 0 for one that it does not know, -1 for an error. */
static long role_of(Walk *walk, const Tag *tag)
{
    const unsigned char *name = (const unsigned char *)tag->name;
    Known *known = walk->known + (name[0] + 5 * name[tag->length - 1] + 11 * tag->length) % KNOWN;
    if (known->length == tag->length && !memcmp(known->name, name, tag->length))
        return known->role;
    PyObject *key = PyUnicode_DecodeUTF8(tag->name, tag->length, "replace");
    PyObject *found = key ? PyDict_GetItemWithError(walk->roles, key) : NULL;
    long role = found ? PyLong_AsLong(found) : PyErr_Occurred() ? -1 : 0;
    Py_XDECREF(key);
    *known = (Known){tag->name, tag->length, role};
    return role;
}

static int append_code_point(Buffer *buffer, unsigned long code)
{
    char bytes[4];
    int size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (int i = size - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(marks[size] | code);
    return append(buffer, bytes, size);
}

/* Adds text with its references resolved: libxml2 writes four by name and the others by number. */
static int append_unescaped(Buffer *buffer, const char *at, const char *end)
{
    while (at < end) {
        const char *mark = memchr(at, '&', end - at);
        if (!append(buffer, at, (mark ? mark : end) - at))
            return 0;
        if (!mark)
            return 1;
        const char *stop = memchr(mark, ';', end - mark);
        if (!stop)
            return broken();
        unsigned long code = 0;
        if (mark[1] == '#') {
            int hex = mark[2] == 'x';
            char *after;
            code = strtoul(mark + 2 + hex, &after, hex ? 16 : 10);
            if (after != stop || code > 0x10FFFF)
                return broken();
        } else if (stop - mark == 3 && mark[2] == 't')
            code = mark[1] == 'l' ? '<' : '>';
        else if (stop - mark == 4)
            code = '&';
        else if (stop - mark == 5)
            code = '"';
        else
            return broken();
        if (!append_code_point(buffer, code))
            return 0;
        at = stop + 1;
    }
    return 1;
}

/* Whether a style may say "display:" or "visibility:": most say neither, and are not worth a call. */
static int may_hide(const char *at, const char *end)
{
    for (const char *colon = at; at && (colon = memchr(colon, ':', end - colon)); colon++) {
        unsigned char before = colon > at ? colon[-1] : 0;
        if ((before | 32) == 'y' || before <= ' ' || before == ';' || before >= 0x80) /* or what may be white space */
            return 1;
    }
    return 0;
}

/* Whether an attribute hides an element: 1, 0, or -1 for an error. */
static int is_hidden(Walk *walk, const Tag *tag)
{
    if (tag->hidden || !may_hide(tag->style, tag->style_end))
        return tag->hidden;
    walk->value.size = 0;
    if (!append_unescaped(&walk->value, tag->style, tag->style_end))
        return -1;
    PyObject *found = PyObject_CallFunction(walk->hides, "s#", walk->value.data, walk->value.size);
    int hidden = found ? found != Py_None : -1;
    Py_XDECREF(found);
    return hidden;
}

/* Adds a text, and notes whether a reader could see something of it. */
static int add_text(Walk *walk, const char *at, const char *end, int escaped)
{
    Buffer *text = &walk->text;
    Py_ssize_t from = text->size;
    if (!(escaped ? append_unescaped(text, at, end) : append(text, at, end - at)))
        return 0;
    if (find(text->data + from, text->data + text->size, "\xEF\xBF\xBD"))
        return broken(); /* libxml2 writes U+FFFD for what XML cannot hold */
    while (from < text->size && (!walk->seen || walk->broken)) {
        unsigned char lead = text->data[from];
        int size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        Py_UCS4 code = size == 1 ? lead : lead & (0xFF >> (size + 1));
        for (int i = 1; i < size && from + i < text->size; i++)
            code = code << 6 | (text->data[from + i] & 0x3F);
        if (!Py_UNICODE_ISSPACE(code)) {
            walk->seen = 1;
            walk->broken = 0;
        }
        from += size;
    }
    return 1;
}

static int add_mark(Walk *walk, char mark)
{
    walk->seen = 1;
    walk->broken = mark == BREAK;
    return append(&walk->text, &mark, 1);
}

/* Makes one blank of each stretch of white space, as a browser does. */
static void collapse(Buffer *text)
{
    char *to = text->data;
    int after = 0;
    for (const char *from = text->data; from < text->data + text->size; from++) {
        int space = *from == ' ' || *from == '\n' || *from == '\t' || *from == '\r' || *from == '\f';
        if (!(space && after))
            *to++ = space ? ' ' : *from;
        after = space;
    }
    text->size = to - text->data;
}

/* Ends a run: form, block, anchor, the path from it, text. */
static int flush(Walk *walk)
{
    int done = 1;
    if (walk->seen) {
        Level *level = walk->levels + walk->top;
        if (!level->kept)
            collapse(&walk->text);
        const char *path = walk->path.data + level->path_start;
        PyObject *run = PyTuple_New(5);
        if (!run)
            return 0;
        PyTuple_SET_ITEM(run, 0, PyLong_FromLong(level->form));
        PyTuple_SET_ITEM(run, 1, PyLong_FromSsize_t(level->number));
        PyTuple_SET_ITEM(run, 2, PyLong_FromSsize_t(level->anchor));
        PyTuple_SET_ITEM(run, 3, PyUnicode_FromStringAndSize(path, level->path_end - level->path_start));
        PyTuple_SET_ITEM(run, 4, PyUnicode_FromStringAndSize(walk->text.data, walk->text.size));
        done = !PyErr_Occurred() && !PyList_Append(walk->runs, run);
        Py_DECREF(run);
    }
    walk->text.size = walk->seen = walk->broken = 0;
    return done;
}

/* Whether a table row is one of data, by what stands in it up to its end tag. */
static int is_row(Walk *walk, const char *at)
{
    Py_ssize_t depth = 1;
    Tag tag;
    while (depth && (at = memchr(at, '<', walk->end - at))) {
        if (!read_tag(at, walk->end, &tag))
            return broken() - 1;
        if (tag.opens) {
            long role = role_of(walk, &tag);
            if (role < 0)
                return -1;
            if (role & NO_ROW)
                return 0;
        }
        depth += tag.opens - tag.closes;
        at = tag.end;
    }
    return 1;
}

/* The form of a block of this role in one of another form; -1 for an error. */
static int form_of(Walk *walk, long role, int around, const Tag *tag)
{
    if (around == QUOTE || (role & PLAIN && around != TABLE_ROW))
        return around;
    if (role & ROW) {
        int row = tag->closes ? 1 : is_row(walk, tag->end);
        return row == 1 ? TABLE_ROW : row;
    }
    return role >> FORM_AT & FORM;
}

static int enter(Walk *walk, long role, const Tag *tag, int near)
{
    if (walk->top + 1 == walk->room) {
        Level *grown = PyMem_Realloc(walk->levels, 2 * walk->room * sizeof(Level));
        if (!grown) {
            PyErr_NoMemory();
            return 0;
        }
        walk->levels = grown;
        walk->room *= 2;
    }
    Level *around = walk->levels + walk->top, *level = around + 1;
    *level = (Level){.depth = walk->depth, .number = walk->number, .kept = (role & KEPT) != 0};
    level->form = form_of(walk, role, around->form, tag);
    if (level->form < 0)
        return 0;
    walk->path.size = level->path_start = level->path_end = around->path_end;
    level->anchor = walk->number;
    if (near && around->depth < walk->deep) {
        char step[32];
        int size = snprintf(step, sizeof step, "[%u]", around->counts[role >> NAME_AT & (NAMES - 1)]);
        if (!append(&walk->path, "/", 1) || !append(&walk->path, tag->name, tag->length) ||
            !append(&walk->path, step, size))
            return 0;
        level->anchor = around->anchor;
        level->path_start = around->path_start;
        level->path_end = walk->path.size;
    }
    walk->top++;
    return 1;
}

static int is_block(long role)
{
    return (role & ROLE) >= FRAME_ROLE;
}

/* Goes past an element with all in it. */
static int skip(Walk *walk, Tag *tag)
{
    Py_ssize_t depth = tag->opens - tag->closes;
    walk->at = tag->end;
    while (depth) {
        walk->at = memchr(walk->at, '<', walk->end - walk->at);
        if (!walk->at)
            return broken();
        if (!read_tag(walk->at, walk->end, tag))
            return broken();
        long role = tag->opens ? role_of(walk, tag) : 0;
        if (role < 0)
            return 0;
        walk->number += is_block(role);
        depth += tag->opens - tag->closes;
        walk->at = tag->end;
    }
    return 1;
}

/* Begins an element; `inside` tells whether the walk goes into it. */
static int begin(Walk *walk, Tag *tag, int *inside)
{
    Level *level = walk->levels + walk->top;
    long bits = role_of(walk, tag), role = bits & ROLE;
    *inside = 0;
    if (bits < 0)
        return 0;
    walk->number += is_block(bits);
    int near = (role == BLOCK_ROLE || role == CELL_ROLE) && walk->depth == level->depth + 1;
    if (near)
        level->counts[bits >> NAME_AT & (NAMES - 1)]++;
    int hidden = role == HIDDEN_ROLE ? 1 : is_hidden(walk, tag);
    if (hidden < 0)
        return 0;
    if (hidden)
        return skip(walk, tag);
    *inside = 1;
    walk->at = tag->end;
    if (role == INLINE_ROLE)
        return 1;
    if (role == CELL_ROLE && level->form == TABLE_ROW)
        return add_mark(walk, CELL);
    if (role == BREAK_ROLE && !walk->broken)
        return add_mark(walk, BREAK);
    if (!flush(walk))
        return 0;
    return role == BREAK_ROLE ? add_mark(walk, BREAK) : enter(walk, bits, tag, near);
}

/* Ends the element that the walk is in. */
static int leave(Walk *walk)
{
    if (walk->levels[walk->top].depth == walk->depth) {
        if (!flush(walk))
            return 0;
        walk->top--;
    }
    walk->depth--;
    return 1;
}

static int walk_all(Walk *walk)
{
    while (walk->at < walk->end) {
        if (*walk->at != '<') {
            const char *stop = memchr(walk->at, '<', walk->end - walk->at);
            if (!stop)
                return broken();
            if (!add_text(walk, walk->at, stop, 1))
                return 0;
            walk->at = stop;
            continue;
        }
        Tag tag;
        if (!read_tag(walk->at, walk->end, &tag))
            return broken();
        if (tag.text && !add_text(walk, walk->at + 9, tag.end - 3, 0))
            return 0;
        walk->at = tag.end;
        int inside = 1;
        walk->depth += tag.opens;
        int closes = tag.closes;
        if (tag.opens && !begin(walk, &tag, &inside))
            return 0;
        if (!inside)
            walk->depth--;
        else if (closes && (walk->depth < 1 || !leave(walk)))
            return PyErr_Occurred() ? 0 : broken();
    }
    return walk->depth == 0 ? 1 : broken();
}

/* runs(xml, roles, hides, deep): the runs of a page, each with the numbers of its block and anchor among the blocks. */
static PyObject *runs(PyObject *module, PyObject *arguments)
{
    Py_buffer xml;
    Walk walk = {.number = -1, .room = 64};
    if (!PyArg_ParseTuple(arguments, "y*O!On", &xml, &PyDict_Type, &walk.roles, &walk.hides, &walk.deep))
        return NULL;
    walk.at = xml.buf;
    walk.end = walk.at + xml.len;
    walk.runs = PyList_New(0);
    walk.levels = PyMem_Calloc(walk.room, sizeof(Level));
    int done = walk.runs && walk.levels && append(&walk.path, "", 0) && walk_all(&walk);
    if (!done && !PyErr_Occurred())
        PyErr_NoMemory();
    PyMem_Free(walk.levels);
    PyMem_Free(walk.text.data);
    PyMem_Free(walk.path.data);
    PyMem_Free(walk.value.data);
    PyBuffer_Release(&xml);
    if (!done)
        Py_CLEAR(walk.runs);
    return walk.runs;
}

/* ending(html): where the first "</html" stands, in small letters or capitals; -1 where none does. */
static PyObject *ending(PyObject *module, PyObject *html)
{
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(html, &data, &size))
        return NULL;
    const char *at = data, *end = data + size;
    for (; (at = memchr(at, '<', end - at)); at++)
        if (end - at > 5 && at[1] == '/' && (at[2] | 32) == 'h' && (at[3] | 32) == 't' && (at[4] | 32) == 'm' &&
            (at[5] | 32) == 'l')
            return PyLong_FromSsize_t(at - data);
    return PyLong_FromSsize_t(-1);
}

static PyMethodDef methods[] = {
    {"runs", runs, METH_VARARGS, NULL}, {"ending", ending, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_walk", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__walk(void)
{
    return PyModule_Create(&definition);
}
