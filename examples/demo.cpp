// SPDX-License-Identifier: MIT
// usage: demo [FILE]
// FILE (default: OpenSSL's libcrypto) crosses a congested TLS connection, both ways at once, under every write rule.
// Exits with 0 if every byte arrived, in order, under the modes that the policy's type promises.

#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <tlsmode/format.hpp>
#include <tlsmode/tlsmode.hpp>

#include "demo/counting_socket.hpp"
#include "demo/endpoint.hpp"
#include "demo/file.hpp"
#include "demo/idle_memory.hpp"
#include "demo/report.hpp"
#include "support/certificates.hpp"
#include "support/loopback.hpp"

namespace demo {

/// A client and a server of one write rule: the only difference between the five runs.
template <tlsmode::WriteRule Rule>
struct Caller : tlsmode::Client {
  using Writes = Rule;
};
template <tlsmode::WriteRule Rule>
struct Answerer : tlsmode::Server {
  using Writes = Rule;
};

/// The default policies, but OpenSSL keeps its buffers, as it does by itself.
struct KeepingCaller : tlsmode::Client {
  static constexpr tlsmode::Buffers buffers = tlsmode::Buffers::kept;
};
struct KeepingAnswerer : tlsmode::Server {
  static constexpr tlsmode::Buffers buffers = tlsmode::Buffers::kept;
};

/// Root, intermediate and leaf, made when the program starts.
struct Certificates {
  tlsmode_tests::Authority root{"demo root"};
  tlsmode_tests::Issued leaf = root.intermediate("demo intermediate").issue();
  tlsmode::Trust trust = tlsmode::Trust::pem(root.pem());
  tlsmode::Identity identity = tlsmode::Identity::from_pem(leaf.chain_pem(), leaf.key_pem());
  tlsmode::PeerName name{"server.example"};
};

/// What one run came to, both ends together.
struct Row {
  const char* policy;
  tlsmode::ModeSet modes;
  bool same_modes;
  bool same_bytes;
  std::size_t bytes;
  WriteCounts writes;
  std::size_t records;
  std::size_t system_calls;
  std::string session;
};

/// Version, cipher, and the length of the chain that the client has verified.
template <typename Connection>
[[nodiscard]] std::string describe(const Connection& client) {
  const int chain = sk_X509_num(::SSL_get0_verified_chain(client.native_handle()));
  return std::string{client.version()} + ", " + std::string{client.cipher()} + "; the client verified a chain of " +
         std::to_string(chain) + " certificates, and the name in it";
}

/// Sends `file` both ways at once, over sockets that hold a few KB.
template <tlsmode::WriteRule Rule>
[[nodiscard]] Row run(const char* policy, const Certificates& certificates, std::span<const std::byte> file) {
  const tlsmode::Context<Caller<Rule>> caller_context{certificates.trust};
  const tlsmode::Context<Answerer<Rule>> answerer_context{certificates.identity};
  auto [near, far] = examples::connected_pair(4096);
  Endpoint<Caller<Rule>> caller{{caller_context, CountingSocket{std::move(near)}, certificates.name}, file};
  Endpoint<Answerer<Rule>> answerer{{answerer_context, CountingSocket{std::move(far)}}, file};

  Progress progress{policy, 2 * file.size()};
  converse(caller, answerer, [&] {
    caller.say_goodbye();
    answerer.say_goodbye();
    progress.show(caller.received() + answerer.received());
    return caller.finished() && answerer.finished();
  });

  const Sha256::Digest sent = sha256_of(file);
  const CountingSocket& near_socket = caller.connection().transport();
  const CountingSocket& far_socket = answerer.connection().transport();
  const tlsmode::ModeSet modes = caller.connection().modes();  // what SSL_get_mode answers
  return {.policy = policy,
          .modes = modes,
          .same_modes = modes == tlsmode::modes_of<Caller<Rule>> && modes == answerer.connection().modes(),
          .same_bytes = caller.digest_of_received() == sent && answerer.digest_of_received() == sent,
          .bytes = caller.received() + answerer.received(),
          .writes = caller.write_counts() + answerer.write_counts(),
          .records = near_socket.records_sent() + far_socket.records_sent(),
          .system_calls = near_socket.system_calls() + far_socket.system_calls(),
          .session = describe(caller.connection())};
}

/// Prints the table. Returns: whether all is as it should be.
bool print(const std::vector<Row>& rows) {
  bool good = true;
  std::printf("%-19s %13s %7s %7s %7s %7s %8s  %-7s  %s\n", "policy", "bytes", "writes", "blocked", "retries",
              "records", "syscalls", "SHA-256", "modes (SSL_get_mode)");
  for (const Row& row : rows) {
    std::printf("%-19s %13s %7s %7s %7s %7s %8s  %-7s  %s%s\n", row.policy, grouped(row.bytes).c_str(),
                grouped(row.writes.writes).c_str(), grouped(row.writes.blocked).c_str(),
                grouped(row.writes.retries).c_str(), grouped(row.records).c_str(), grouped(row.system_calls).c_str(),
                row.same_bytes ? "equal" : "DIFFERS", to_string(row.modes).c_str(),
                row.same_modes ? "" : " (NOT THE POLICY'S)");
    good = good && row.same_bytes && row.same_modes;
  }
  return good;
}

/// Prints what an idle connection costs with the default policies and with Buffers::kept. Returns: whether it is less.
bool compare_idle_memory(const Certificates& certificates) {
  const auto& [root, leaf, trust, identity, name] = certificates;
  const IdleMemory kept = measure_idle_memory<KeepingCaller, KeepingAnswerer>(trust, identity, name);
  const IdleMemory usual = measure_idle_memory<tlsmode::Client, tlsmode::Server>(trust, identity, name);
  if (usual.client == 0) {
    std::printf("Idle memory is not measured: the C library does not count its heap here.\n");
    return true;
  }
  const auto kb = [](std::size_t bytes) { return static_cast<double>(bytes) / 1024; };
  std::printf("Heap of an idle connection, after 16 KB each way:   client    server\n");
  std::printf("  with Buffers::kept, as OpenSSL does           %7.1f KB%7.1f KB\n", kb(kept.client), kb(kept.server));
  std::printf("  default policies                              %7.1f KB%7.1f KB\n", kb(usual.client), kb(usual.server));
  return usual.client < kept.client && usual.server < kept.server;
}

bool run_all(const std::string& path) {
  const std::vector<std::byte> file = read_file(path);
  const Certificates certificates;
  std::printf("%s (%s bytes), both ways at once over TCP with buffers of 4 KB, %s\n", path.c_str(),
              grouped(file.size()).c_str(), ::OpenSSL_version(OPENSSL_VERSION));
  std::fflush(stdout);
  const std::vector<Row> rows{
      run<tlsmode::StrictWrites>("StrictWrites", certificates, file),
      run<tlsmode::PartialWrites>("PartialWrites", certificates, file),
      run<tlsmode::MovingWrites>("MovingWrites", certificates, file),
      run<tlsmode::PartialMovingWrites>("PartialMovingWrites", certificates, file),
      run<tlsmode::BufferedWrites>("BufferedWrites", certificates, file),
  };
  std::printf("%s\n\n", rows.front().session.c_str());
  const bool arrived = print(rows);
  std::printf("\n");
  const bool saved = compare_idle_memory(certificates);
  std::printf("\n%s\n", !arrived ? "FAILED: see the table."
                        : !saved ? "FAILED: the default policies save no memory."
                                 : "Every byte arrived, in order, under every write rule.");
  return arrived && saved;
}

}  // namespace demo

int main(int argument_count, char** arguments) {
  if (argument_count > 2) {
    std::fprintf(stderr, "usage: %s [FILE]\n", arguments[0]);
    return 2;
  }
  try {
    return demo::run_all(argument_count == 2 ? arguments[1] : demo::libcrypto_path()) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo: %s\n", error.what());
    return 1;
  }
}
