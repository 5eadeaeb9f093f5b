// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

void print_number(const char* name, double value) { std::printf(", \"%s\": %.9g", name, value); }
void print_count(const char* name, std::uint64_t value) { std::printf(", \"%s\": %ju", name, std::uintmax_t{value}); }
void print_text(const char* name, const std::string& value) { std::printf(", \"%s\": \"%s\"", name, value.c_str()); }

void print_bulk(const Options& options, double cpu, const Report& client) {
  const double size = static_cast<double>(options.bytes);
  print_count("bytes", options.bytes);
  print_number("cpu_per_gb", cpu / size * 1e9);
  print_number("mb_per_second", size / client.used.wall * 1e-6);
  print_count("wire_bytes", client.wire_bytes);
}

void print_echo(const Options& options, double cpu, const Report& client, std::vector<std::int64_t> times) {
  std::sort(times.begin(), times.end());
  print_count("connections", options.connections);
  print_count("rounds", options.rounds);
  print_number("cpu_us_per_round", cpu / static_cast<double>(times.size()) * 1e6);
  print_number("p50_us", static_cast<double>(times[times.size() / 2]) * 1e-3);
  print_number("p99_us", static_cast<double>(times[times.size() * 99 / 100]) * 1e-3);
  print_count("wire_bytes", client.wire_bytes);
}

void print_handshake(const Options& options, const Report& client, const Report& server) {
  const double scale = 1e6 / static_cast<double>(options.rounds);
  print_count("rounds", options.rounds);
  print_count("resumed", client.resumed);
  print_number("cpu_us_each", (client.used.cpu + server.used.cpu) * scale);
  print_number("cpu_us_client", client.used.cpu * scale);
  print_number("cpu_us_server", server.used.cpu * scale);
}

void print_idle(const Options& options, const Report& client, const Report& server) {
  const double count = static_cast<double>(options.connections);
  print_count("connections", options.connections);
  print_number("kib_server", static_cast<double>(server.private_kib) / count);
  print_number("kib_client", static_cast<double>(client.private_kib) / count);
}

void print_counts(const std::string& end, const Counts& counts) {
  print_count((end + "_receives").c_str(), counts.receives);
  print_count((end + "_sends").c_str(), counts.sends);
  print_count((end + "_waits").c_str(), counts.waits);
  print_count((end + "_controls").c_str(), counts.controls);
  print_count((end + "_allocations").c_str(), counts.allocations);
}

}  // namespace

void print_report(const Options& options, const Facts& facts, const Report& client, const Report& server,
                  std::vector<std::int64_t> times) {
  const double cpu = client.used.cpu + server.used.cpu;
  std::printf("{\"peer\": \"%s\"", peer_name);
  print_text("workload", options.workload_name);
  print_text("library", facts.library);
  print_text("protocol", facts.protocol);
  print_text("cipher", facts.cipher);
  print_text("group", facts.group);
  print_count("write", options.write);
  print_number("wall", client.used.wall);
  print_number("cpu", cpu);
  print_number("cpu_client", client.used.cpu);
  print_number("cpu_server", server.used.cpu);
  switch (options.workload) {
    case Workload::bulk: print_bulk(options, cpu, client); break;
    case Workload::echo: print_echo(options, cpu, client, std::move(times)); break;
    case Workload::handshake: print_handshake(options, client, server); break;
    case Workload::idle: print_idle(options, client, server); break;
  }
  if (shim_counts() != nullptr) {
    print_count("system_calls", client.used.counts.system_calls() + server.used.counts.system_calls());
    print_counts("client", client.used.counts);
    print_counts("server", server.used.counts);
  }
  std::printf("}\n");
}

}  // namespace bench
