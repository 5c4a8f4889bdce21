package dev.headgate.exactness;

/** Thrown by the count when {@link Control} asks for it. */
public final class InjectedFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  InjectedFailure(String message) {
    super(message);
  }
}
