// SPDX-License-Identifier: MIT
// Sessions that one thread has got, and the others resume, all with one server context.
#include <memory>

#include "threads/threads.hpp"

using namespace threads;
using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

constexpr std::size_t thread_count = 8;
constexpr std::size_t connections_each = 32;

using SessionHandle = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;

/// A full handshake, and the session that it left.
SessionHandle first_session(const ClientContext& clients, const ServerContext& servers, Findings& findings) {
  Couple couple{clients, servers};
  findings.check(shake_hands(couple).done(), "no handshake");
  converse(couple, "first", findings);
  findings.check(::SSL_session_reused(couple.client.native_handle()) == 0, "the first session is resumed");
  SessionHandle session{::SSL_get1_session(couple.client.native_handle())};
  findings.check(session && ::SSL_SESSION_is_resumable(session.get()) == 1, "the session cannot be resumed");
  end(couple, findings);
  return session;
}

/// Every thread makes a session, and then resumes those of all.
Findings resume_everywhere(int version, bool with_tickets) {
  const ClientContext clients = client_context();
  const ServerContext servers = server_context();
  speak_only(clients, version);
  speak_only(servers, version);
  if (!with_tickets) SSL_CTX_set_options(servers.native_handle(), SSL_OP_NO_TICKET);  // the server keeps the sessions
  if (version == TLS1_3_VERSION) SSL_CTX_set_options(servers.native_handle(), SSL_OP_NO_ANTI_REPLAY);
  std::vector<SessionHandle> sessions(thread_count);
  std::barrier all_there{static_cast<std::ptrdiff_t>(thread_count)};
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    sessions[thread] = first_session(clients, servers, findings);
    all_there.arrive_and_wait();
    for (std::size_t number = 0; number != connections_each; ++number) {
      ::SSL_SESSION* const session = sessions[(thread + number) % thread_count].get();
      Couple couple{clients, servers};
      // TLS 1.3 marks a session as used: each connection has a copy of its own.
      const SessionHandle own{version == TLS1_3_VERSION ? ::SSL_SESSION_dup(session) : nullptr};
      findings.check(::SSL_set_session(couple.client.native_handle(), own ? own.get() : session) == 1, "refused");
      if (!findings.check(shake_hands(couple).done(), "no handshake")) continue;
      findings.check(::SSL_session_reused(couple.client.native_handle()) == 1, "the client has not resumed");
      findings.check(::SSL_session_reused(couple.server.native_handle()) == 1, "the server has not resumed");
      converse(couple, "resumed", findings);
      end(couple, findings);
    }
  });
}

}  // namespace

int main() {
  static_cast<void>(default_server());
  Report report;
  std::printf("# %zu threads, %zu resumed connections each\n", thread_count, connections_each);
  report.part("tickets of TLS 1.2", resume_everywhere(TLS1_2_VERSION, true));
  report.part("tickets of TLS 1.3", resume_everywhere(TLS1_3_VERSION, true));
  report.part("the server's cache, TLS 1.2", resume_everywhere(TLS1_2_VERSION, false));
  report.part("the server's cache, TLS 1.3", resume_everywhere(TLS1_3_VERSION, false));
  return report.end();
}
