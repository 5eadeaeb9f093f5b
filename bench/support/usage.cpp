// SPDX-License-Identifier: MIT
#include "usage.hpp"

#include <dlfcn.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <ctime>

#include "fail.hpp"

namespace bench {
namespace {

double seconds_on(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

const Counts* shim_counts() {
  using Function = const Counts*();
  static auto* const find = reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, "bench_counts"));
  return find != nullptr ? find() : nullptr;
}

Usage Usage::now() {
  const Counts* counts = shim_counts();
  return {seconds_on(CLOCK_MONOTONIC), seconds_on(CLOCK_PROCESS_CPUTIME_ID), counts != nullptr ? *counts : Counts{}};
}

std::uint64_t private_kib() {
  std::FILE* file = std::fopen("/proc/self/smaps_rollup", "r");
  require(file != nullptr, "cannot read smaps_rollup");
  char line[256];
  std::uint64_t kib = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, "Private_Dirty:", 14) == 0) kib = std::strtoull(line + 14, nullptr, 10);
  }
  std::fclose(file);
  return kib;
}

std::uint64_t wire_bytes_sent(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}

void raise_descriptor_limit(std::uint64_t needed) {
  rlimit limit{};
  require(::getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  require(limit.rlim_max >= needed, "too few descriptors allowed for this many connections (ulimit -Hn)");
  limit.rlim_cur = limit.rlim_max;
  require(::setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

void pin_to_core(unsigned index) {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0) return;
  index %= static_cast<unsigned>(CPU_COUNT(&allowed));
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || index-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ::sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

}  // namespace bench
