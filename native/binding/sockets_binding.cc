#include "native/binding/sockets_binding.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "native/core/datagram.h"
#include "native/core/exchange.h"
#include "native/core/last_call.h"
#include "native/core/queue_depth.h"
#include "native/core/socket.h"

namespace uwsgi_node {
namespace {

const char* code_of(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "UNKNOWN";
}

Napi::Error system_error(Napi::Env env, int error, const std::string& call) {
  Napi::Error thrown = Napi::Error::New(env, call + ": " + strerror(error));
  thrown.Set("code", Napi::String::New(env, code_of(error)));
  thrown.Set("errno", Napi::Number::New(env, error));
  thrown.Set("syscall", Napi::String::New(env, call));
  return thrown;
}

const char* family_name(SocketFamily family) {
  switch (family) {
    case SocketFamily::kUnix:
      return "unix";
    case SocketFamily::kInet:
      return "inet";
    case SocketFamily::kInet6:
      return "inet6";
  }
  return "";
}

Napi::Value bind_listener_js(const Napi::CallbackInfo& info) {
  const std::string address = info[0].As<Napi::String>();
  const auto given = info[1].As<Napi::Object>();
  ListenOptions options;
  options.backlog = given.Get("backlog").As<Napi::Number>().Int32Value();
  const Napi::Value mode = given.Get("mode");
  if (mode.IsNumber()) options.mode = mode.As<Napi::Number>().Int32Value();
  const auto number = [&given](const char* name, int& into) {
    if (given.Has(name)) into = given.Get(name).As<Napi::Number>().Int32Value();
  };
  const auto flag = [&given](const char* name, bool& into) {
    if (given.Has(name)) into = given.Get(name).ToBoolean();
  };
  flag("reusePort", options.reuse_port);
  flag("freeBind", options.free_bind);
  flag("keepAlive", options.keep_alive);
  flag("deferAccept", options.defer_accept);
  number("fastOpen", options.fast_open);
  number("sendBuffer", options.send_buffer);
  number("receiveBuffer", options.receive_buffer);

  const BoundSocket bound = bind_listener(address, options);
  if (bound.fd < 0) {
    Napi::Error error = system_error(info.Env(), bound.error, bound.call);
    error.Set("address", info[0]);
    error.ThrowAsJavaScriptException();
    return {};
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("fd", bound.fd);
  result.Set("name", bound.name);
  result.Set("family", family_name(bound.family));
  return result;
}

Napi::Value connect_unix_js(const Napi::CallbackInfo& info) {
  const std::string address = info[0].As<Napi::String>();
  const int fd = connect_unix(address);
  if (fd < 0) system_error(info.Env(), errno, "connect").ThrowAsJavaScriptException();
  return Napi::Number::New(info.Env(), fd);
}

int int_argument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>().Int32Value();
}

Napi::Value peer_of_js(const Napi::CallbackInfo& info) {
  const Peer peer = peer_of(int_argument(info, 0));
  if (peer.error != 0) {
    system_error(info.Env(), peer.error, "getsockopt").ThrowAsJavaScriptException();
    return {};
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("pid", peer.pid);
  result.Set("uid", peer.uid);
  return result;
}

void close_fd(const Napi::CallbackInfo& info) { close(int_argument(info, 0)); }

Napi::Value redirect_fd(const Napi::CallbackInfo& info) {
  if (dup2(int_argument(info, 0), int_argument(info, 1)) < 0) {
    system_error(info.Env(), errno, "dup2").ThrowAsJavaScriptException();
  }
  return info.Env().Undefined();
}

Napi::Value duplicate_fd(const Napi::CallbackInfo& info) {
  const int copy = fcntl(int_argument(info, 0), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) system_error(info.Env(), errno, "fcntl").ThrowAsJavaScriptException();
  return Napi::Number::New(info.Env(), copy);
}

Napi::Value make_fifo(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  if (mkfifo(path.c_str(), 0600) < 0) {
    system_error(info.Env(), errno, "mkfifo").ThrowAsJavaScriptException();
  }
  return info.Env().Undefined();
}

// The two descriptors that a system call has made, or its error.
Napi::Value both_ends(Napi::Env env, int result, const int (&ends)[2], const char* call) {
  if (result < 0) {
    system_error(env, errno, call).ThrowAsJavaScriptException();
    return {};
  }
  Napi::Array both = Napi::Array::New(env, 2);
  both.Set(0u, ends[0]);
  both.Set(1u, ends[1]);
  return both;
}

// [read, write]
Napi::Value make_pipe(const Napi::CallbackInfo& info) {
  int ends[2];
  const int result = pipe2(ends, O_CLOEXEC | O_NONBLOCK);
  return both_ends(info.Env(), result, ends, "pipe2");
}

Napi::Value make_socket_pair(const Napi::CallbackInfo& info) {
  int ends[2];
  const int result = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
  return both_ends(info.Env(), result, ends, "socketpair");
}

Napi::Value connect_datagram_js(const Napi::CallbackInfo& info) {
  const int fd = connect_datagram(info[0].As<Napi::String>().Utf8Value());
  if (fd < 0) system_error(info.Env(), errno, "connect").ThrowAsJavaScriptException();
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value replace_listener(const Napi::CallbackInfo& info) {
  const int found = find_listener(static_cast<uint16_t>(int_argument(info, 0)));
  if (found < 0 || dup3(int_argument(info, 1), found, O_CLOEXEC) < 0) {
    system_error(info.Env(), found < 0 ? ENOENT : errno, "dup3").ThrowAsJavaScriptException();
  }
  return Napi::Number::New(info.Env(), found);
}

Napi::Value queue_depth_js(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), queue_depth(int_argument(info, 0)));
}

Napi::Value refuse_new_js(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), refuse_new(int_argument(info, 0)) == 0);
}

void shut_down_js(const Napi::CallbackInfo& info) { shut_down(int_argument(info, 0)); }

Napi::Value create_exchange(const Napi::CallbackInfo& info) {
  int give = -1;
  int take = -1;
  if (!make_exchange(&give, &take)) {
    system_error(info.Env(), errno, "socketpair").ThrowAsJavaScriptException();
    return {};
  }
  Napi::Object exchange = Napi::Object::New(info.Env());
  exchange.Set("give", give);
  exchange.Set("take", take);
  return exchange;
}

void exit_now(const Napi::CallbackInfo& info) { _exit(int_argument(info, 0)); }

}  // namespace

void export_sockets(Napi::Env env, Napi::Object exports) {
  exports.Set("bindListener", Napi::Function::New(env, bind_listener_js, "bindListener"));
  exports.Set("connectUnix", Napi::Function::New(env, connect_unix_js, "connectUnix"));
  exports.Set("peerOf", Napi::Function::New(env, peer_of_js, "peerOf"));
  exports.Set("closeFd", Napi::Function::New(env, close_fd, "closeFd"));
  exports.Set("redirectFd", Napi::Function::New(env, redirect_fd, "redirectFd"));
  exports.Set("duplicateFd", Napi::Function::New(env, duplicate_fd, "duplicateFd"));
  exports.Set("makeFifo", Napi::Function::New(env, make_fifo, "makeFifo"));
  exports.Set("makeSocketPair", Napi::Function::New(env, make_socket_pair, "makeSocketPair"));
  exports.Set("makePipe", Napi::Function::New(env, make_pipe, "makePipe"));
  exports.Set("connectDatagram", Napi::Function::New(env, connect_datagram_js, "connectDatagram"));
  exports.Set("replaceListener", Napi::Function::New(env, replace_listener, "replaceListener"));
  exports.Set("queueDepth", Napi::Function::New(env, queue_depth_js, "queueDepth"));
  exports.Set("refuseNew", Napi::Function::New(env, refuse_new_js, "refuseNew"));
  exports.Set("shutDown", Napi::Function::New(env, shut_down_js, "shutDown"));
  exports.Set("createExchange", Napi::Function::New(env, create_exchange, "createExchange"));
  exports.Set("exitNow", Napi::Function::New(env, exit_now, "exitNow"));
}

}  // namespace uwsgi_node
