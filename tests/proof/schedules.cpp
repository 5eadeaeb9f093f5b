// SPDX-License-Identifier: MIT
// Enumerates all schedules of the network, and of a caller who does what he should not, up to a depth, against a model:
// the peer reads exactly what the caller was told is accepted, in order, once. Prints what was covered.
// TLSMODE_PROOF_DEPTH=n goes n choices deeper than the default, which takes about a minute. An argument names one plan.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "proof/caller.hpp"
#include "proof/explorer.hpp"
#include "proof/world.hpp"

using namespace tlsmode_tests;

namespace {

template <typename Side, typename Rule, std::size_t record, bool openssl_keeps_pending>
struct Case : Side {
  using Writes = Rule;
  static constexpr tlsmode::Verification verification = tlsmode::Verification::insecure_anyone_can_be_my_peer;
  static constexpr std::size_t record_size = record;
  static constexpr std::size_t batch_size = 4 * record;
  static constexpr bool kernel_tls = openssl_keeps_pending;
};

struct Plan {
  const char* name;
  std::size_t record;
  std::initializer_list<std::size_t> sizes;
  std::size_t depth;
  Habits habits;
};

int failures = 0;
std::size_t deeper = 0;
Totals everything;

/// All schedules of one configuration and one size of messages.
template <typename Policy, typename Transport>
void explore(const Plan& plan, std::size_t size, int version, const char* rule, Totals& totals) {
  using WorldOf = World<Policy, Transport>;
  Explorer explorer{plan.depth + deeper};
  try {
    auto world = std::make_unique<WorldOf>(version, totals);
    do {
      if (plan.habits.ends && world->totals.schedules != 0) world = std::make_unique<WorldOf>(version, totals);
      Caller<WorldOf>{*world, explorer, plan.habits, version == TLS1_3_VERSION}.run(size);
    } while (explorer.next());
  } catch (const std::exception& error) {
    ++failures;
    std::printf("FAILED: %s, %s, %zu bytes, choices %s: %s\n", plan.name, rule, size, explorer.path().c_str(),
                error.what());
  }
}

template <typename Policy, typename Transport>
void explore(const Plan& plan, const char* rule, const char* engine) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    if (plan.habits.renegotiates && (version != TLS1_2_VERSION || Policy::role == tlsmode::Role::server)) continue;
    Totals totals;
    for (const std::size_t size : plan.sizes) explore<Policy, Transport>(plan, size, version, rule, totals);
    std::printf("%-22s %-20s %-8s %-6s TLS 1.%c %9llu schedules %10llu calls %10llu sends %12llu bytes\n", plan.name,
                rule, engine, Policy::role == tlsmode::Role::client ? "client" : "server",
                version == TLS1_2_VERSION ? '2' : '3', totals.schedules, totals.calls, totals.sends, totals.bytes);
    std::fflush(stdout);
    everything.schedules += totals.schedules;
    everything.calls += totals.calls;
    everything.sends += totals.sends;
    everything.bytes += totals.bytes;
  }
}

template <typename Rule, std::size_t record>
void explore_rule(const Plan& plan, const char* rule) {
  explore<Case<tlsmode::Client, Rule, record, false>, ScriptedEnd>(plan, rule, "elastic");
  explore<Case<tlsmode::Server, Rule, record, false>, ScriptedEnd>(plan, rule, "elastic");
  if constexpr (!Rule::modes.contains(tlsmode::Mode::accept_moving_write_buffer)) {
    explore<Case<tlsmode::Client, Rule, record, true>, tlsmode::NativeBio>(plan, rule, "native");
    explore<Case<tlsmode::Server, Rule, record, true>, tlsmode::NativeBio>(plan, rule, "native");
  }
}

template <std::size_t record>
void explore_all_rules(const Plan& plan) {
  explore_rule<tlsmode::StrictWrites, record>(plan, "StrictWrites");
  explore_rule<tlsmode::PartialWrites, record>(plan, "PartialWrites");
  explore_rule<tlsmode::MovingWrites, record>(plan, "MovingWrites");
  explore_rule<tlsmode::PartialMovingWrites, record>(plan, "PartialMovingWrites");
  explore_rule<tlsmode::BufferedWrites, record>(plan, "BufferedWrites");
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* const text = std::getenv("TLSMODE_PROOF_DEPTH")) deeper = std::strtoul(text, nullptr, 10);
  const auto start = std::chrono::steady_clock::now();
  const Plan small{"small records", 512, {1, 511, 512, 513, 1024, 1300, 2600}, 6, {}};
  const Plan real{"real records", 16'384, {1, 16'383, 16'384, 16'385, 32'768, 40'000, 70'000}, 3, {}};
  const Plan misuse{"misuse", 512, {1, 600, 2600}, 4, {.misuses = true}};
  const Plan ends{"shutdown and failures", 512, {600, 2600}, 3, {.misuses = true, .ends = true}};
  const Plan renegotiation{"renegotiation", 512, {600}, 3, {.misuses = true, .renegotiates = true}};
  const auto is_wanted = [&](const Plan& plan) { return argc < 2 || std::string_view{argv[1]} == plan.name; };
  for (const Plan* plan : {&small, &misuse, &ends, &renegotiation}) {
    if (is_wanted(*plan)) explore_all_rules<512>(*plan);
  }
  if (is_wanted(real)) explore_all_rules<16'384>(real);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%llu schedules, %llu calls, %llu sends, %llu bytes read by peers, in %.1f s; %d failures\n",
              everything.schedules, everything.calls, everything.sends, everything.bytes, took.count(), failures);
  return failures == 0 ? 0 : 1;
}
