// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

struct Name {
  const char* text;
  std::uint64_t Options::* field;
};

constexpr Name names[] = {
    {"bytes", &Options::bytes},     {"write", &Options::write},
    {"rounds", &Options::rounds},   {"connections", &Options::connections},
    {"resume", &Options::resume},   {"chain", &Options::chain},
    {"cores", &Options::cores},     {"delay", &Options::delay},
    {"seconds", &Options::seconds},
};

[[noreturn]] void usage(const char* wrong) {
  std::fprintf(stderr,
               "bench: cannot use '%s'\nusage: bench_<peer> bulk|echo|handshake|idle [name=value]...\nnames:", wrong);
  for (const Name& name : names) std::fprintf(stderr, " %s", name.text);
  std::fprintf(stderr, "\n");
  std::exit(2);
}

std::uint64_t parse_number(const char* text, const char* argument) {
  char* end = nullptr;
  std::uint64_t number = std::strtoull(text, &end, 10);
  if (*end == 'k')
    number <<= 10, ++end;
  else if (*end == 'm')
    number <<= 20, ++end;
  else if (*end == 'g')
    number <<= 30, ++end;
  if (end == text || *end != '\0') usage(argument);
  return number;
}

Workload parse_workload(const char* text) {
  if (std::strcmp(text, "bulk") == 0) return Workload::bulk;
  if (std::strcmp(text, "echo") == 0) return Workload::echo;
  if (std::strcmp(text, "handshake") == 0) return Workload::handshake;
  if (std::strcmp(text, "idle") == 0) return Workload::idle;
  usage(text);
}

void parse_setting(Options& options, const char* argument) {
  const char* equals = std::strchr(argument, '=');
  if (equals == nullptr) usage(argument);
  const std::string given(argument, equals);
  for (const Name& name : names) {
    if (given != name.text) continue;
    options.*name.field = parse_number(equals + 1, argument);
    return;
  }
  usage(argument);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  if (argc < 2) usage("no workload");
  Options options;
  options.workload = parse_workload(argv[1]);
  options.workload_name = argv[1];
  for (int i = 2; i < argc; ++i) parse_setting(options, argv[i]);
  if (options.write == 0) options.write = options.workload == Workload::echo ? 64 : 16384;
  if (options.write > (1U << 20)) usage("write=: at most 1 MiB");
  return options;
}

}  // namespace bench
