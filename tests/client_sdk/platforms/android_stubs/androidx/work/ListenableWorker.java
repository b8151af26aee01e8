package androidx.work;

public abstract class ListenableWorker {
    private final android.content.Context context;
    private final WorkerParameters parameters;

    public ListenableWorker(android.content.Context context, WorkerParameters parameters) {
        this.context = context;
        this.parameters = parameters;
    }

    public final android.content.Context getApplicationContext() {
        return context;
    }

    public final Data getInputData() {
        return parameters.getInputData();
    }

    public void onStopped() {}

    public abstract static class Result {
        private static final class Success extends Result {}

        private static final class Failure extends Result {}

        public static Result success() {
            return new Success();
        }

        public static Result failure() {
            return new Failure();
        }
    }
}
