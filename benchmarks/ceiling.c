/* The least that a model of byte n-grams can do: lower the ASCII letters, hash every window of six bytes, look its
   weight up in a table of 2 MB, and sum by text. It folds no script, knows no words and tells no language.
   offsets has count + 1 places; lower has room for 8 bytes more than the data. */

#include <stdint.h>
#include <string.h>

enum { TABLE_BITS = 21, WINDOW = 6 };

static uint64_t hash(const uint8_t *window)
{
    uint64_t bytes;
    memcpy(&bytes, window, sizeof bytes);
    return (bytes << (64 - 8 * WINDOW)) * 0x9E3779B97F4A7C15u >> (64 - TABLE_BITS);
}

void measure(const uint8_t *data, const int64_t *offsets, int64_t count, const int8_t *table, uint8_t *lower,
             int64_t *sums)
{
    for (int64_t i = 0; i < offsets[count]; i++)
        lower[i] = data[i] | (uint8_t)((uint8_t)(data[i] - 'A') < 26) << 5;
    for (int64_t text = 0; text < count; text++) {
        int64_t sum = 0;
        for (int64_t i = offsets[text]; i + WINDOW <= offsets[text + 1]; i++)
            sum += table[hash(lower + i)];
        sums[text] = sum;
    }
}
