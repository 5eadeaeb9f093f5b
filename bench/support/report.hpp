// SPDX-License-Identifier: MIT
// The figures of a run, and the line of JSON that says them.
#ifndef TLSMODE_BENCH_SUPPORT_REPORT_HPP
#define TLSMODE_BENCH_SUPPORT_REPORT_HPP

#include <vector>

#include "options.hpp"
#include "peer.hpp"
#include "usage.hpp"

namespace bench {

/// What one process found out; the server's comes to the client through a pipe.
struct Report {
  Usage used;
  std::uint64_t private_kib = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t resumed = 0;
};

/// `times`: the client's round trips, in nanoseconds.
void print_report(const Options& options, const Facts& facts, const Report& client, const Report& server,
                  std::vector<std::int64_t> times);

}  // namespace bench

#endif
