package androidx.work;

public final class Constraints {
    private final String text;

    private Constraints(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }

    public static final class Builder {
        private NetworkType network = NetworkType.NOT_REQUIRED;
        private boolean batteryNotLow;

        public Builder setRequiredNetworkType(NetworkType type) {
            network = type;
            return this;
        }

        public Builder setRequiresBatteryNotLow(boolean required) {
            batteryNotLow = required;
            return this;
        }

        public Constraints build() {
            return new Constraints(network + " batteryNotLow=" + batteryNotLow);
        }
    }
}
