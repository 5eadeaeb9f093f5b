// SPDX-License-Identifier: MIT
// The command line all peers share: `bench_<peer> <workload> [name=value]...`, values with k, m or g for powers of 1024.
#ifndef TLSMODE_BENCH_SUPPORT_OPTIONS_HPP
#define TLSMODE_BENCH_SUPPORT_OPTIONS_HPP

#include <cstdint>
#include <string>

namespace bench {

enum class Workload {
  bulk,       // the client sends `bytes` in writes of `write`; the server answers one byte when it has them all
  echo,       // on each of `connections`, `rounds` messages of `write` bytes go out and come back
  handshake,  // `rounds` connections one after the other, full or with `resume=1`
  idle        // `connections` stay open after `write` bytes each way; what memory do they hold?
};

struct Options {
  Workload workload = Workload::bulk;
  std::string workload_name;
  std::uint64_t bytes = 64 << 20;
  std::uint64_t write = 0;  // bytes per write; 0: 16 KiB, or 64 for echo
  std::uint64_t rounds = 1000;
  std::uint64_t connections = 1;
  std::uint64_t resume = 0;
  std::uint64_t chain = 0;      // 1: an intermediate signs for the server, and the client trusts the system
  std::uint64_t cores = 2;      // 2: one for each end; 1: both on the same; 0: as the kernel likes
  std::uint64_t delay = 0;      // microseconds the server waits before each answer: makes the client's wait certain
  std::uint64_t seconds = 120;  // the longest a run may take
};

Options parse_options(int argc, char** argv);

}  // namespace bench

#endif
