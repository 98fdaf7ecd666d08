/* Best energy, latency and EDP over all tilings and dataflows of a layer.

   The model of exhaustive_search.py once more, one tiling at a time; compiled and called by
   exhaustive_kernel.py, which names the columns of the tables in this order. */

#include <math.h>
#include <stdint.h>

enum { O, I, W, NONE };
enum { RF = 0, ARRAY = 3, SPM = 6, FREE_DRAM = 9, FREE_SPM = 12, NEED_DRAM = 15, NEED_SPM = 18,
       SHARED_DRAM = 21, SHARED_SPM, CYCLES, GROUPS, REDUCED, PRODUCTS, WHOLE = PRODUCTS,
       COLUMNS = WHOLE + 3, DEPTH = 5 };

typedef struct {
    int64_t groups;                 /* tables, outermost first */
    int64_t options[DEPTH];         /* rows of each */
    int64_t axes[3];                /* axes of each operand */
    int64_t walk[3][4];             /* table of each axis, innermost first */
    int64_t pes, rf_words, banks, bank_bytes, word_bytes, macs;
    double startup, per_byte, ratio;
    double mac, rf, noc, spm, dram, leakage;
    double min_pes, min_rf, min_spm;
} Problem;

typedef struct {
    int64_t tilings;
    double energy;
    int64_t latency;
    double edp_energy;              /* the two factors of the least product */
    int64_t edp_latency;
} Best;

static inline int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }

static void costs(const Problem *p, const int64_t *t, const int64_t *dma, int dram, int spm,
                  double *energy, int64_t *latency)
{
    const int64_t T = t[FREE_DRAM] * t[NEED_DRAM], A = t[FREE_SPM] * t[NEED_SPM];
    const int64_t c = t[CYCLES], rho = t[RF + O] * (t[REDUCED] - 1) * t[GROUPS], work = c + rho;
    const int64_t *n = t + ARRAY;
    int64_t passes[3], refills[3];  /* moves per SPM pass, and SPM passes that move */
    int held = NONE;
    for (int x = 0; x < 3; x++) {
        passes[x] = x == spm ? t[NEED_SPM + x] : A;
        refills[x] = x == dram ? t[NEED_DRAM + x] : T;
    }
    if (dram != NONE && passes[dram] == 1 && t[FREE_DRAM + dram] > 1)
        held = dram;

    int64_t hops = 0, accesses = 0, words = 0, reductions = 0;
    for (int x = 0; x < 3; x++) {
        int64_t moves = x == held ? refills[x] : T * passes[x];
        int64_t stays = refills[x];
        if (x == O) {
            reductions = moves * rho;
            stays = 2 * stays - t[NEED_DRAM + O];
            if (held != O)
                moves *= 2;
        }
        hops += moves * t[RF + x] * t[GROUPS] * (x == O ? 1 : t[REDUCED]);
        accesses += moves * n[x];
        words += stays * t[SPM + x];
    }

    int64_t slowest = 0;            /* what every RF pass waits for */
    for (int x = 0; x < 3; x++)
        if (x != held && x != spm)
            slowest = greatest(slowest, n[x]);
    const int in_turn = held != O && spm != O;
    const int64_t ready = in_turn ? slowest : greatest(slowest, c);
    int64_t busy = ready * A + (in_turn ? work * A : 0);
    if (spm != NONE && spm != held)
        busy += (greatest(n[spm] - ready, 0) + (spm == O ? work : 0)) * t[NEED_SPM + spm];
    int64_t always = 0;
    for (int x = 0; x < 3; x++)
        if (x != dram)
            always += dma[x] * (x == O ? 2 : 1);
    const int64_t base = greatest(always, busy);
    *latency = base * T;
    if (dram != NONE) {
        const int64_t drain = held == O ? work : 0;
        const int64_t idle = held == NONE ? 0 : greatest(n[held] - slowest, 0);
        const int64_t load = greatest(always + dma[dram], busy + drain);
        const int64_t store = greatest(always + (dram == O ? dma[O] : 0), busy + idle);
        *latency += (greatest(load - base, 0) + greatest(store - base, 0)) * t[NEED_DRAM + dram];
    }

    double total = (double)(p->macs + reductions) * p->mac;
    total = total + (double)(4 * p->macs + 3 * reductions) * p->rf;
    total = total + (double)(hops + reductions) * p->noc;
    total = total + (double)accesses * p->spm;
    total = total + (double)words * p->dram;
    *energy = rint(total + (double)*latency * p->leakage);
}

static void score(const Problem *p, const int64_t *t, const int64_t *const *row, Best *best)
{
    int64_t dma[3];
    for (int x = 0; x < 3; x++) {
        int64_t burst = 1;
        for (int k = 0; k < p->axes[x]; k++) {
            const int64_t *option = row[p->walk[x][k]];
            burst *= option[SPM + x];
            if (!option[WHOLE + x])
                break;
        }
        const double clocks = p->startup + p->per_byte * (double)(burst * p->word_bytes);
        dma[x] = t[SPM + x] / burst * (int64_t)ceil(clocks * p->ratio);
    }
    for (int spm = 0; spm <= NONE; spm++) {
        if (spm == NONE ? t[FREE_SPM] * t[NEED_SPM] > 1 && t[SHARED_SPM] == 1
                        : t[FREE_SPM + spm] == 1)
            continue;
        for (int dram = 0; dram <= NONE; dram++) {
            if (dram == NONE ? t[FREE_DRAM] * t[NEED_DRAM] > 1 && t[SHARED_DRAM] == 1
                             : t[FREE_DRAM + dram] == 1)
                continue;
            double energy;
            int64_t latency;
            costs(p, t, dma, dram, spm, &energy, &latency);
            if (energy < best->energy)
                best->energy = energy;
            if (latency < best->latency)
                best->latency = latency;
            if ((__int128)energy * latency < (__int128)best->edp_energy * best->edp_latency) {
                best->edp_energy = energy;
                best->edp_latency = latency;
            }
        }
    }
}

static int fits(const Problem *p, const int64_t *t, int complete)
{
    const int64_t pes = t[GROUPS] * t[REDUCED];
    if (pes > p->pes)
        return 0;
    const int64_t words = t[RF] + t[RF + 1] + t[RF + 2];
    if (words > p->rf_words)
        return 0;
    const int64_t size = (t[SPM] + t[SPM + 1] + t[SPM + 2]) * p->word_bytes;
    if (size > p->banks * p->bank_bytes)
        return 0;
    int64_t banks = 0;
    for (int x = 0; x < 3; x++)
        banks += (t[SPM + x] * p->word_bytes + p->bank_bytes - 1) / p->bank_bytes;
    if (banks > p->banks)
        return 0;
    return !complete
        || ((double)pes / (double)p->pes >= p->min_pes
            && (double)words / (double)p->rf_words >= p->min_rf
            && (double)size / (double)(p->banks * p->bank_bytes) >= p->min_spm);
}

static void extend(const Problem *p, const int64_t *const *tables, int depth, const int64_t *before,
                   const int64_t **row, Best *best)
{
    int64_t t[PRODUCTS];
    const int last = depth + 1 == p->groups;
    for (int64_t k = 0; k < p->options[depth]; k++) {
        const int64_t *option = row[depth] = tables[depth] + k * COLUMNS;
        t[GROUPS] = before[GROUPS] * option[GROUPS];
        t[REDUCED] = before[REDUCED] * option[REDUCED];
        for (int x = 0; x < 3; x++) {
            t[RF + x] = before[RF + x] * option[RF + x];
            t[SPM + x] = before[SPM + x] * option[SPM + x];
        }
        if (!fits(p, t, last))
            continue;
        for (int j = 0; j < PRODUCTS; j++)
            t[j] = before[j] * option[j];
        if (last) {
            best->tilings++;
            score(p, t, row, best);
        } else {
            extend(p, tables, depth + 1, t, row, best);
        }
    }
}

void search(const Problem *p, const int64_t *const *tables, Best *best)
{
    int64_t one[PRODUCTS];
    const int64_t *row[DEPTH];
    for (int j = 0; j < PRODUCTS; j++)
        one[j] = 1;
    extend(p, tables, 0, one, row, best);
}
