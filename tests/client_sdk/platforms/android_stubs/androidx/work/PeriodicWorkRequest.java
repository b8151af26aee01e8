package androidx.work;

public final class PeriodicWorkRequest extends WorkRequest {
    private final String text;

    private PeriodicWorkRequest(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }

    public static final class Builder {
        private final StringBuilder text = new StringBuilder();

        public Builder(
                Class<? extends ListenableWorker> worker,
                long interval,
                java.util.concurrent.TimeUnit unit) {
            text.append(worker.getSimpleName()).append(' ').append(interval).append(' ').append(unit);
        }

        public Builder setConstraints(Constraints constraints) {
            text.append(' ').append(constraints);
            return this;
        }

        public Builder setInputData(Data data) {
            text.append(' ').append(data.getString("service"));
            return this;
        }

        public PeriodicWorkRequest build() {
            return new PeriodicWorkRequest(text.toString());
        }
    }
}
